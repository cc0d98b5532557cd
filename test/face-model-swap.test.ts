import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLibrary } from "../src/app/open-library.ts";
import { readConfig } from "../src/config.ts";
import { createLogger } from "../src/core/logger.ts";
import type { Library } from "../src/engine/library.ts";
import { linkBundledModels } from "./bundled-models.ts";
import { hasShared, sharedPath } from "./shared-files.ts";

const PEOPLE = "photos/people/ten-identities/images";
const GROUP = "photos/people/six-faces.jpg";
const MODELS = ["models/face-detection", "models/face-recognition"];

/** Photos of each person: the last is not there before the change. */
const COPIES = 4;
const TEST_TIMEOUT_MS = 600_000;
const DEADLINE_MS = 300_000;

let root: string;
let library: Library | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keepsight-face-swap-"));
  await mkdir(join(root, "photos"));
  await linkBundledModels(join(root, "data", "models"));
});
afterAll(async () => {
  await library?.close();
  await rm(root, { recursive: true, force: true });
});

async function open(modelDirectories: readonly string[]): Promise<Library> {
  const config = readConfig({
    KEEPSIGHT_DATA_DIR: join(root, "data"),
    KEEPSIGHT_OFFLINE: "true",
    KEEPSIGHT_ANALYSERS: "2",
    KEEPSIGHT_MODELS_DIR: modelDirectories.join(delimiter),
  });
  library = await openLibrary(config, createLogger("silent"), "owning");
  await library.start({ folders: [join(root, "photos")], isWatching: false });
  await library.runner.whenIdle();
  return library;
}

async function facesByPhoto({ photos, people }: Library) {
  const { items } = await photos.list({}, { sort: "oldest", limit: 1000, offset: 0 });
  return Promise.all(
    items.map(async ({ id, fileName }) => ({ id, fileName, faces: await people.faces.ofPhoto(id) })),
  );
}

/** Names every face: that in the middle of a portrait by its folder, others by their place. */
async function nameEverybody(opened: Library): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  for (const { fileName, faces } of await facesByPhoto(opened)) {
    for (const [i, face] of faces.entries()) {
      const { x, width } = face.normalizedBox;
      const isPortrait = fileName.includes("--") && Math.abs(x + width / 2 - 0.5) < 0.15;
      const name = isPortrait ? fileName.split("--")[0]! : `${fileName} ${i}`;
      await opened.people.assignFaces([face.id], { name }, "test");
      names.set(face.id, name);
    }
  }
  return names;
}

describe.skipIf(!hasShared("faces that change hands", PEOPLE, GROUP, ...MODELS))("another face model", () => {
  it(
    "keeps 99 of 100 names on their faces, reports the rest, and recognises people anew",
    async () => {
      const people = (await readdir(sharedPath(PEOPLE))).toSorted();
      const laterPhotos: [from: string, to: string][] = [];
      for (const person of people) {
        const files = (await readdir(sharedPath(`${PEOPLE}/${person}`))).toSorted().slice(0, COPIES);
        for (const [i, file] of files.entries()) {
          const paths: [string, string] = [
            sharedPath(`${PEOPLE}/${person}/${file}`),
            join(root, "photos", `${person}--${i}.jpg`),
          ];
          if (i === COPIES - 1) laterPhotos.push(paths);
          else await copyFile(...paths);
        }
      }
      await copyFile(sharedPath(GROUP), join(root, "photos", "group.jpg"));

      let opened = await open([]);
      const former = await opened.people.modelId();
      const names = await nameEverybody(opened);
      expect(names.size).toBeGreaterThan(people.length * (COPIES - 1));
      const group = (await facesByPhoto(opened)).find(({ fileName }) => fileName === "group.jpg")!;
      const box = { x: 0.01, y: 0.9, width: 0.05, height: 0.08 };
      const drawn = await opened.people.drawFace(group.id, box, { name: "Drawn" }, "test");
      names.set(drawn.id, "Drawn");
      await opened.runner.whenIdle();
      await opened.close();

      for (const paths of laterPhotos) await copyFile(...paths);
      opened = await open(MODELS.map(sharedPath));
      for (const deadline = performance.now() + DEADLINE_MS; performance.now() < deadline; await sleep(200))
        if ((await opened.people.modelId()) !== former) break;
      const modelId = (await opened.people.modelId())!;
      expect(modelId).toBe("mobilefacenet");
      await opened.runner.whenIdle();

      const faces = await opened.people.faces.getMany([...names.keys()]);
      const right = faces.filter(({ id, personName }) => personName === names.get(id));
      expect(right).toHaveLength(names.size);
      const lost = faces.filter(({ isLost }) => isLost);
      expect(1 - lost.length / names.size).toBeGreaterThanOrEqual(0.99);
      expect((await opened.people.faces.counts()).lost).toBe(lost.length);
      const listed = await opened.people.faces.list({ isLost: true, limit: 100, offset: 0 });
      expect(new Set(listed.items.map(({ id }) => id))).toEqual(new Set(lost.map(({ id }) => id)));

      // Drawn faces and lost ones are described by the new model too, and nothing of the former is left.
      expect(
        (await opened.people.faces.embedded({ modelId, faceIds: [...names.keys()] })).faceIds,
      ).toHaveLength(names.size);
      expect(await opened.people.faces.countEmbedded(former!)).toBe(0);
      const prototypes = await opened.people.known.prototypes(modelId);
      expect(new Set(prototypes.personIds).size).toBe(new Set(names.values()).size);
      const { items } = await opened.people.persons.list({
        statuses: ["active"],
        sort: "name",
        limit: 100,
        offset: 0,
      });
      const recognised = items.filter(({ name, faceCount }) => people.includes(name) && faceCount === COPIES);
      expect(recognised.length).toBeGreaterThanOrEqual(people.length - 2);
      process.stdout.write(
        `${names.size} named faces, ${lost.length} lost; ${recognised.length} of ${people.length} recognised anew\n`,
      );
    },
    TEST_TIMEOUT_MS,
  );
});
