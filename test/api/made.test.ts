import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MadeExport, MadeImported } from "../../src/api/made.ts";
import { readXmp } from "../../src/library/xmp.ts";
import { callApi } from "./call-api.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let one: TestLibrary;
let other: TestLibrary;
beforeAll(async () => {
  const files = {
    "red.jpg": await drawPhoto("red"),
    "sea.jpg": await drawPhoto("blue"),
    "lawn.jpg": await drawPhoto("green"),
  };
  one = await openTestLibrary({ files });
  other = await openTestLibrary({ files });
});
afterAll(async () => {
  await one.close();
  await other.close();
});

async function ask(test: TestLibrary, method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, json } = await callApi(test.url, method, path, body);
  expect(status, JSON.stringify(json)).toBeLessThan(300);
  return json;
}

const read = async (test: TestLibrary) => MadeExport.parse(await ask(test, "GET", "/export"));
const take = async (test: TestLibrary, document: unknown) =>
  MadeImported.parse(await ask(test, "POST", "/import", document));

/** What an export says, without where and when. */
function essence({ photos, albums, persons, categories, savedSearches }: Awaited<ReturnType<typeof read>>) {
  const name = ({ path, ...rest }: { readonly path: string }) => ({ ...rest, path: path.split("/").at(-1) });
  return {
    persons,
    categories,
    savedSearches,
    photos: photos.map(name),
    albums: albums.map((album) => ({
      ...album,
      cover: album.cover && name(album.cover),
      photos: album.photos.map(name),
    })),
  };
}

describe("what was made in a library", () => {
  it("goes into another with the same photos elsewhere, and twice is once", async () => {
    const red = one.idOf("red.jpg");
    const sea = one.idOf("sea.jpg");
    const box = { x: 0.1, y: 0.2, width: 0.25, height: 0.5 };
    await ask(one, "POST", `/photos/bulk`, { photoIds: [red, sea], addTags: ["Holiday"], rating: 4 });
    await ask(one, "PUT", `/photos/${red}`, { isFavourite: true, title: "Dusk", removeTags: ["sofa"] });
    await ask(one, "POST", "/albums", { title: "Norway", description: "By boat", photoIds: [red, sea] });
    await ask(one, "POST", "/categories", { name: "Trips", tags: ["holiday"] });
    await ask(one, "DELETE", `/photos/${one.idOf("lawn.jpg")}`);
    await one.library.people.drawFace(red, box, { name: "Anna Berg" }, "user");
    const exported = await read(one);
    expect(exported.photos).toHaveLength(3);
    expect(exported.decisions.length).toBeGreaterThan(5);
    const before = await read(other);
    expect(before.photos).toEqual([]);
    const done = await take(other, exported);
    expect(done).toMatchObject({
      facesNamed: 1,
      albumsChanged: 1,
      categoriesChanged: 1,
      photosNotFound: [],
      problems: [],
    });
    expect(essence(await read(other))).toEqual(essence(exported));
    expect(await take(other, exported)).toMatchObject({
      decisions: 0,
      photosChanged: 0,
      facesNamed: 0,
      searchesAdded: 0,
    });
    expect(await take(one, exported)).toMatchObject({ decisions: 0 });
  });

  it("leaves what was said here, and names photos that are not here", async () => {
    const sea = other.idOf("sea.jpg");
    await ask(other, "PUT", `/photos/${sea}`, { addTags: ["mine"], rating: 1 });
    const exported = await read(one);
    const stranger = {
      imohash: "0".repeat(32),
      byteSize: 5,
      path: "/elsewhere/x.jpg",
      addTags: ["x"],
      removeTags: [],
      faces: [],
    };
    const done = await take(other, { ...exported, photos: [...exported.photos, stranger] });
    expect(done).toMatchObject({ photosChanged: 1, photosNotFound: ["/elsewhere/x.jpg"] });
    const details = (await ask(other, "GET", `/photos/${sea}`)) as {
      tags: { name: string }[];
      metadata: { rating: number };
    };
    expect(details.metadata.rating).toBe(4);
    expect(details.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(["mine", "Holiday"]));
  });

  it("is written as sidecars that are read again, and never over those of others", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keepsight-sidecars-"));
    try {
      const { writeSidecars } = one.library.made;
      expect(await writeSidecars({ directory })).toEqual({ written: 2, unchanged: 0, merged: 0, kept: [] });
      const path = join(directory, one.folder, "red.jpg.xmp");
      const fields = readXmp(await readFile(path));
      expect(fields).toMatchObject({
        rating: 4,
        title: "Dusk",
        keywords: ["Holiday"],
        faceRegions: [{ name: "Anna Berg" }],
      });
      await writeFile(path, "<x:xmpmeta>of another program</x:xmpmeta>");
      expect(await writeSidecars({ directory })).toEqual({
        written: 0,
        unchanged: 1,
        merged: 0,
        kept: [path],
      });
      expect(await readFile(path, "utf8")).toContain("another program");
      await expect(writeSidecars({ directory: join(one.dataDirectory, "x") })).rejects.toMatchObject({
        code: "bad_request",
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("is added to a sidecar of another program beside the photo, which is kept as it was before", async () => {
    const path = join(one.folder, "red.xmp");
    const foreign = `<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.35"/>
</rdf:RDF></x:xmpmeta>`;
    await writeFile(path, foreign);
    const { writeSidecars } = one.library.made;
    expect(await writeSidecars({ besideOriginals: true })).toEqual({
      written: 1,
      unchanged: 0,
      merged: 1,
      kept: [],
    });
    expect(await readFile(`${path}.bak`, "utf8")).toBe(foreign);
    const merged = await readFile(path, "utf8");
    expect(merged).toContain('crs:Exposure2012="+0.35"');
    expect(readXmp(Buffer.from(merged))).toMatchObject({
      rating: 4,
      title: "Dusk",
      keywords: ["Holiday"],
      faceRegions: [{ name: "Anna Berg" }],
    });
    expect(await writeSidecars({ besideOriginals: true })).toMatchObject({
      written: 0,
      unchanged: 2,
      merged: 0,
    });
    const { curating } = one.library.albums;
    const taken = await curating.changePhotos([one.idOf("red.jpg")], { title: "" }, "test");
    expect(await writeSidecars({ besideOriginals: true })).toMatchObject({ unchanged: 1, merged: 1 });
    expect(readXmp(await readFile(path))?.title).toBeUndefined();
    await one.library.people.history.undo(taken.decisionId, "test");
    // What cannot be written back as it was is left alone.
    await writeFile(path, Buffer.from(foreign.replace("+0.35", "\u00e9"), "latin1"));
    expect(await writeSidecars({ besideOriginals: true })).toMatchObject({ merged: 0, kept: [path] });
  });

  it("refuses what is no export, and newer ones", async () => {
    const send = async (body: unknown) =>
      fetch(`${other.url}/api/v1/import`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect((await send({ hello: 1 })).status).toBe(400);
    expect((await send({ ...(await read(one)), version: 99 })).status).toBe(400);
  });
});
