/**
 * A library as people have one, for looking at pages: photos of scenes, people, places, copies and texts, some that cannot
 * be read, and what somebody did with them: names, an album, a category, a saved search, something taught.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import sharp from "sharp";
import type { Queue } from "../../src/api/system.ts";
import { type KeepsightServer, startServer } from "../keepsight-server.ts";
import { sharedPath } from "../shared-files.ts";

/** Photos of each person, as many as make a group. */
const PHOTOS_OF_EACH = 6;
const PEOPLE = 7;
const SCENES = 42;

/** Scenes were taken one after another, with weeks in between, from this day on. */
const FIRST_SCENE = Date.UTC(2019, 4, 18, 9, 12);
const CAMERAS = [
  ["Canon", "EOS 80D"],
  ["NIKON", "COOLPIX P6000"],
  ["Apple", "iPhone 13"],
] as const;

const COPIES = [
  "aaa-orig.jpg",
  "blur-a-little.jpg",
  "shrink-a-little.jpg",
  "high-contrast.jpg",
  "ukbench00120.jpg",
  "ukbench00120_gray.jpg",
  "ukbench00120_resize.jpg",
];
const TEXTS = [
  "craft-beer.jpg",
  "book-beside-flowers.jpg",
  "japanese-shop.jpg",
  "handwritten-notes.jpg",
  "254.jpg",
  "img_11.jpg",
  "en.jpg",
];
const FORMATS = [
  "IMG_2682.heic",
  "denali.webp",
  "rotating-squares.gif",
  "corrupt-header.jpg",
  "truncated.png",
  "CanonRaw.cr2",
];

/**
 * Serves the sample library in a folder; imports it first, for minutes, unless it is there. Needs the sample photos beside
 * the repository. Whoever called it stops the server.
 */
export async function serveSampleLibrary(directory: string): Promise<KeepsightServer> {
  const folder = join(directory, "photos");
  const isNew = !existsSync(folder);
  if (isNew) await writeSamplePhotos(folder);
  const server = startServer({
    folders: [folder],
    dataDirectory: join(directory, "data"),
    modelDirectories: [sharedPath("models")],
  });
  if (isNew) await useLibrary(`${await server.url}/api/v1`, folder);
  return server;
}

async function writeSamplePhotos(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeScenes(join(folder, "Camera"));
  const people = sharedPath("photos/people/ten-identities/images");
  for (const name of (await readdir(people)).toSorted().slice(0, PEOPLE)) {
    const photos = (await readdir(join(people, name))).toSorted().slice(0, PHOTOS_OF_EACH);
    await copyInto(
      join(folder, "People"),
      people,
      photos.map((photo) => join(name, photo)),
    );
  }
  await copyInto(join(folder, "People"), sharedPath("photos/people"), [
    "six-faces.jpg",
    "couple.jpg",
    "selfie-many-people.jpg",
  ]);
  await copyInto(join(folder, "Edits"), sharedPath("photos/duplicates"), COPIES);
  await copyInto(join(folder, "Notes and signs"), sharedPath("photos/text"), TEXTS);
  await copyInto(
    join(folder, "Travels"),
    sharedPath("photos/places"),
    await readdir(sharedPath("photos/places")),
  );
  await copyInto(join(folder, "Old computer"), sharedPath("photos/formats"), FORMATS);
}

/** Scenes as a camera writes them: with a time, and with a camera's name. */
async function writeScenes(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scenes = (await readdir(sharedPath("photos/scenes")))
    .filter((name) => name.endsWith(".jpg"))
    .toSorted();
  for (const [i, name] of scenes.slice(0, SCENES).entries()) {
    // Some on one day, then weeks of nothing, as people take photos.
    const taken = new Date(FIRST_SCENE + Math.floor(i / 4) * 176 * 86_400_000 + (i % 4) * 2_520_000);
    const [make, model] = CAMERAS[Math.floor(i / 4) % CAMERAS.length]!;
    const bytes = await sharp(sharedPath(`photos/scenes/${name}`))
      .withExif({
        IFD0: { Make: make, Model: model },
        IFD2: { DateTimeOriginal: taken.toISOString().slice(0, 19).replaceAll("-", ":").replace("T", " ") },
      })
      .jpeg({ quality: 92 })
      .toBuffer();
    await writeFile(join(folder, `IMG_${String(4021 + i * 3)}.jpg`), bytes);
  }
}

/** Copies files into a folder, each some days older than the one before. */
async function copyInto(folder: string, from: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [i, name] of names.entries()) {
    const copy = join(folder, basename(name));
    await copyFile(join(from, name), copy);
    const time = new Date(Date.UTC(2024, 8, 30) - i * 5 * 86_400_000);
    await utimes(copy, time, time);
  }
}

/** Does what people do with a library, once everything in it was analysed. */
async function useLibrary(api: string, folder: string): Promise<void> {
  await whenIdle(api);
  await call(api, "/faces/cluster", {});
  await namePeople(api);
  const scenes = await photosOf(api, `folder=${encodeURIComponent(join(folder, "Camera"))}&pageSize=20`);
  await call(api, "/albums", { title: "Weekends by the lake", photoIds: scenes.slice(0, 9) });
  await call(api, "/albums", { title: "Things worth printing", photoIds: scenes.slice(9, 11) });
  await call(api, "/photos/bulk", { photoIds: scenes.slice(0, 5), isFavourite: true });
  await call(api, "/photos/bulk", { photoIds: scenes.slice(2, 6), addTags: ["holiday"] });
  await call(api, "/photos/bulk", { photoIds: scenes.slice(11, 13), hide: true });
  await call(api, "/searches", { name: "Dogs with people", query: "q=dog&hasFaces=true" });
  await call(api, "/searches", { name: "Words on paper", query: "hasText=true" });
  await call(api, "/concepts", {
    name: "our boat",
    exampleIds: scenes.slice(0, 3),
    counterexampleIds: scenes.slice(4, 6),
  });
  await call(api, "/clusters/faces/train", {});
  await whenIdle(api);
}

/** Names the largest groups of faces by the file names of their photos, and leaves the others to be named. */
async function namePeople(api: string): Promise<void> {
  const { items } = await ask<{ items: { clusterId: string }[] }>(api, "/faces/clusters?pageSize=5");
  for (const { clusterId } of items) {
    const { faces } = await ask<{ faces: { photoId: number }[] }>(api, `/faces/clusters/${clusterId}`);
    const { fileName } = await ask<{ fileName: string }>(api, `/photos/${faces[0]!.photoId}`);
    const name = fileName.replace(/_?\d*\.jpg$/, "").replaceAll("_", " ");
    await call(api, `/faces/clusters/${clusterId}/label`, { name });
  }
}

async function photosOf(api: string, query: string): Promise<number[]> {
  const { items } = await ask<{ items: { id: number }[] }>(api, `/photos?${query}`);
  return items.map(({ id }) => id);
}

/** Waits until no queue has anything to do; what waits for the night does not count. */
async function whenIdle(api: string): Promise<void> {
  for (;;) {
    const { queues } = await ask<{ queues: Queue[] }>(api, "/jobs?pageSize=1");
    const isIdle = ({ kind, queued, running }: Queue) => kind.endsWith(".nightly") || queued + running === 0;
    if (queues.some(({ succeeded }) => succeeded > 0) && queues.every(isIdle)) return;
    await pause(500);
  }
}

async function ask<T>(api: string, path: string): Promise<T> {
  const response = await fetch(api + path);
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function call(api: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(api + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
}
