import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { composeNeighbour } from "../../../bench/measure/near-neighbours.ts";
import { type DuplicateLibrary, openDuplicateLibrary } from "../../../test/duplicate-library.ts";
import type { Picture } from "../../../test/read-picture.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { extractFeatures } from "../../duplicate/local-features.ts";
import { computePdq } from "../../hash/pdq.ts";
import { createRandom } from "../../math/random.ts";

let library: DuplicateLibrary;
beforeEach(async () => {
  library = await openDuplicateLibrary();
});
afterEach(() => library.close());

/** A picture of tiles, another one for each seed. */
function drawTiles(seed: number): RasterImage {
  const random = createRandom(seed);
  const [width, height, tile] = [400, 300, 20];
  const levels = Array.from({ length: (width / tile) * (height / tile) }, () => Math.floor(random() * 256));
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.fill(levels[Math.floor(y / tile) * (width / tile) + Math.floor(x / tile)]!, i * 3, i * 3 + 3);
  }
  return { data, width, height };
}

function toPicture(image: RasterImage): Picture {
  const { hash, quality } = computePdq(image);
  return { image, features: extractFeatures(image), pdq: hash, pdqQuality: quality };
}

const dim = (image: RasterImage) => ({ ...image, data: image.data.map((level) => level * 0.8) });

/** Unit vectors in a plane, by their angle. */
function toEmbedding(radians: number): Float32Array {
  const embedding = new Float32Array(8);
  embedding.set([Math.cos(radians), Math.sin(radians)]);
  return embedding;
}

const describeGroups = async () =>
  (await library.groups()).map(({ kind, primaryId, members }) => ({
    kind,
    primaryId,
    photoIds: members.map(({ photoId }) => photoId).toSorted((a, b) => a - b),
  }));

describe("createDuplicates", () => {
  it("tells shots of one moment from copies: they are a burst, and a copy of one of them is its copy", async () => {
    const scene = drawTiles(1);
    const first = composeNeighbour(scene, drawTiles(2), createRandom(3));
    const second = composeNeighbour(scene, drawTiles(4), createRandom(5));
    const a = await library.add({ content: "a", picture: first, takenAtMs: 1_000_000 });
    const b = await library.add({ content: "b", picture: second, takenAtMs: 1_002_000 });
    const copy = await library.add({ content: "c", picture: toPicture(dim(first.image)) });
    // Exactly the same picture, an hour later: two shots from a tripod are two photos.
    const later = await library.add({ content: "d", picture: first, takenAtMs: 4_600_000 });
    await library.scan();
    const groups = await describeGroups();
    expect(groups).toContainEqual({ kind: "burst", primaryId: a, photoIds: [a, b] });
    expect(groups).toContainEqual({ kind: "copy", primaryId: a, photoIds: [a, copy] });
    expect(groups).toHaveLength(2);
    expect(later).toBeGreaterThan(copy);
  });

  it("brings a copy and the same file twice together, though the files came at one time", async () => {
    const image = drawTiles(8);
    const original = await library.add({ content: "original", picture: toPicture(image) });
    const copies = [0, 1].map(() => library.add({ content: "dim", picture: toPicture(dim(image)) }));
    const [one, other] = await Promise.all(copies);
    await library.scan();
    expect(await describeGroups()).toEqual([
      { kind: "copy", primaryId: original, photoIds: [original, one!, other!] },
    ]);
  });

  it("takes photos for near by their embeddings, each by that of the group's first", async () => {
    const step = Math.acos(0.992);
    const ids: number[] = [];
    for (let i = 0; i < 6; i++)
      ids.push(await library.add({ content: `near ${i}`, embedding: toEmbedding(i * step) }));
    await library.scan();
    const groups = await describeGroups();
    // Each is near to the next, but not to the one after that: a chain of six is three groups and not one.
    expect(groups.map(({ photoIds }) => photoIds)).toEqual([
      [ids[0], ids[1]],
      [ids[2], ids[3]],
      [ids[4], ids[5]],
    ]);
    expect(new Set(groups.map(({ kind }) => kind))).toEqual(new Set(["near"]));
  });

  it("looks again at a photo whose content changed, and at those that were compared with it", async () => {
    const picture = toPicture(drawTiles(6));
    const first = await library.add({ content: "one", picture });
    const second = await library.add({ content: "one", picture });
    const third = await library.add({ content: "two", picture: toPicture(dim(picture.image)) });
    await library.scan();
    expect(await describeGroups()).toEqual([
      { kind: "copy", primaryId: first, photoIds: [first, second, third] },
    ]);
    await library.replace(first, { content: "new", picture: toPicture(drawTiles(7)) });
    await library.scan();
    expect(await describeGroups()).toEqual([{ kind: "copy", primaryId: second, photoIds: [second, third] }]);
  });

  it("reopens a resolved group for a copy that comes later, compared with the one that was kept", async () => {
    const picture = toPicture(drawTiles(8));
    const first = await library.add({ content: "one", picture });
    const second = await library.add({ content: "two", picture: toPicture(dim(picture.image)) });
    await library.scan();
    const [group] = await library.duplicates.groups.list(ALL_OPEN);
    const wish = { keeperId: second, moveToTrash: false };
    const { change } = await library.duplicates.resolving.resolve(group!.id, wish, "test");
    expect(await library.duplicates.groups.get(group!.id)).toMatchObject({ state: "resolved" });
    const third = await library.add({ content: "three", picture });
    await library.scan();
    expect(await library.duplicates.groups.get(group!.id)).toMatchObject({
      state: "open",
      primaryPhotoId: second,
      memberCount: 3,
    });
    await library.duplicates.undoer.undo(change.decision.id, "test");
    expect(await library.duplicates.groups.get(group!.id)).toMatchObject({ state: "open", memberCount: 3 });
    const { rows } = await library.outOfSight();
    expect(rows).toEqual([]);
    expect([first, second, third]).toHaveLength(3);
  });

  it("remembers by the file what was told apart, though it is taken in again", async () => {
    const picture = toPicture(drawTiles(9));
    await library.add({ content: "one", picture });
    await library.add({ content: "two", picture: toPicture(dim(picture.image)) });
    await library.scan();
    const [group] = await library.duplicates.groups.list(ALL_OPEN);
    await library.duplicates.dismiss(group!.id, "test");
    const again = await library.add({ content: "two", picture: toPicture(dim(picture.image)) });
    await library.scan();
    const open = await library.duplicates.groups.list(ALL_OPEN);
    const members = await library.duplicates.groups.members(open.map(({ id }) => id));
    // The same file twice is news; the two that were told apart are not.
    expect(members.map(({ photoId }) => photoId)).not.toContain(1);
    expect(again).toBe(3);
  });
});

const ALL_OPEN = {
  state: "open",
  kinds: ["exact", "copy", "near"],
  sort: "newest",
  limit: 10,
  offset: 0,
} as const;
