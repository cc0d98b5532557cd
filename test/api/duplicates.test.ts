import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  BulkResolvePlan,
  DuplicateGroup,
  DuplicateGroupPage,
  DuplicateStats,
  FindDuplicatesAnswer,
  GroupDecided,
  ResolveAnswer,
} from "../../src/api/duplicates.ts";
import type { PhotoDetails, PhotoPage } from "../../src/api/photos.ts";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;

/** A picture with corners everywhere, another one for each seed. */
async function drawMosaic(seed: number, background = 200): Promise<Buffer> {
  const [width, height, tile] = [640, 480, 20];
  const data = Buffer.alloc(width * height * 3, background);
  let state = seed;
  for (let y = 0; y < height; y += tile) {
    for (let x = 0; x < width; x += tile) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const level = state >>> 24;
      for (let row = y; row < y + tile; row++)
        data.fill(level, (row * width + x) * 3, (row * width + x + tile) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

async function call<T>(
  path: string,
  body?: unknown,
  method = body === undefined ? "GET" : "POST",
): Promise<T> {
  const response = await fetch(`${test.url}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw Object.assign(new Error(JSON.stringify(answer)), { status: response.status });
  return answer;
}

const listGroups = async (query = "") => call<DuplicateGroupPage>(`/duplicates/groups?${query}`);
const groupOf = async (fileName: string) =>
  (await listGroups()).items.find(({ members }) => members.some(({ photo }) => photo.fileName === fileName))!;
const namesOf = (group: DuplicateGroup) => group.members.map(({ photo }) => photo.fileName).toSorted();
const visible = async (query = "") =>
  (await call<PhotoPage>(`/photos?${query}`)).items.map(({ fileName }) => fileName).toSorted();
const undo = (id: number | null) => call<GroupDecided>(`/history/${id}/undo`, {});

/** The same face drawn in two photos, named in the second one only; gives that of the first. */
async function drawFaces(unnamedIn: number, namedIn: number): Promise<number> {
  const { people } = test.library;
  const box = { x: 0.2, y: 0.2, width: 0.3, height: 0.4 };
  const unnamed = await people.drawFace(unnamedIn, box, undefined, "test");
  await people.drawFace(namedIn, { ...box, x: 0.22 }, { name: "Ann" }, "test");
  return unnamed.id;
}

beforeAll(async () => {
  const [one, two, three] = [await drawMosaic(1), await drawMosaic(2), await drawMosaic(3)];
  const small = await sharp(two).resize(320).jpeg({ quality: 60 }).toBuffer();
  const cropped = await sharp(two).extract({ left: 60, top: 40, width: 500, height: 400 }).jpeg().toBuffer();
  test = await openTestLibrary({
    files: {
      "one.png": one,
      "one again.png": one,
      "two.png": two,
      "two small.jpg": small,
      "two cropped.jpg": cropped,
      "three.png": three,
    },
  });
});
afterAll(() => test.close());

describe("duplicates", () => {
  it("are found as photos come, each with what proves it", async () => {
    const { items, total } = await listGroups();
    expect(total).toBe(2);
    expect(items.map(namesOf)).toEqual([
      ["two cropped.jpg", "two small.jpg", "two.png"],
      ["one again.png", "one.png"],
    ]);
    const [copies, exact] = items;
    expect(exact).toMatchObject({ kind: "exact", score: 1, state: "open", keeperId: null });
    expect(exact!.members[1]!.evidence).toMatchObject({ method: "bytes" });
    expect(copies).toMatchObject({ kind: "copy", memberCount: 3, suggestedKeeperId: test.idOf("two.png") });
    for (const { evidence, isDuplicatePrimary } of copies!.members)
      expect(evidence === null).toBe(isDuplicatePrimary);
    const details = await call<PhotoDetails>(`/photos/${test.idOf("three.png")}`);
    expect(details.steps.find(({ step }) => step === "duplicates")).toMatchObject({ status: "done" });
  });

  it("are counted, and a scan that is repeated changes nothing", async () => {
    const before = await call<DuplicateStats>("/duplicates/stats");
    expect(before).toMatchObject({ openGroups: 2, duplicatePhotos: 3, photosChecked: 6, photosWaiting: 0 });
    const groups = await listGroups();
    await call("/duplicates/scan", { all: true });
    await test.library.runner.whenIdle();
    expect(await listGroups()).toEqual(groups);
    expect(await call("/duplicates/stats")).toEqual(before);
  });

  it("of a photo and of a picture that is uploaded are found without a trace", async () => {
    const found = await call<FindDuplicatesAnswer>("/duplicates/find", { photoId: test.idOf("two.png") });
    expect(new Map(found.matches.map(({ photo, kind }) => [photo.fileName, kind]))).toEqual(
      new Map([
        ["two cropped.jpg", "copy"],
        ["two small.jpg", "copy"],
      ]),
    );
    const form = new FormData();
    const turned = await sharp(await drawMosaic(3))
      .rotate(90)
      .jpeg()
      .toBuffer();
    form.append("file", new Blob([new Uint8Array(turned)]), "turned.jpg");
    const response = await fetch(`${test.url}/api/v1/duplicates/find_by_image`, {
      method: "POST",
      body: form,
    });
    const { matches } = (await response.json()) as FindDuplicatesAnswer;
    expect(matches.map(({ photo, evidence }) => [photo.fileName, evidence.isTurned])).toEqual([
      ["three.png", true],
    ]);
    expect(await visible()).toHaveLength(6);
  });

  it("are resolved: losers go out of sight, what was said of them goes to the keeper, undo brings it all back", async () => {
    const group = await groupOf("one.png");
    const [keeper, loser] = group.members.map(({ photo }) => photo);
    const { curating } = test.library.albums;
    const said = { rating: 4, description: "At the sea", addTags: ["holiday"], isFavourite: true };
    await curating.changePhotos([loser!.id], said, "test");
    const album = await curating.createAlbum("Summer", { photoIds: [loser!.id] }, "test");
    const drawn = await drawFaces(keeper!.id, loser!.id);
    const plan = await call<ResolveAnswer>(`/duplicates/group/${group.id}/resolve`, {
      keeperId: keeper!.id,
      dryRun: true,
    });
    expect(plan).toMatchObject({
      isDryRun: true,
      loserIds: [loser!.id],
      carriedOver: {
        tags: ["holiday"],
        persons: ["Ann"],
        albums: ["Summer"],
        rating: 4,
        description: "At the sea",
        title: null,
        isFavourite: true,
      },
      lost: [],
    });
    expect(await visible()).toHaveLength(6);
    const done = await call<ResolveAnswer>(`/duplicates/group/${group.id}/resolve`, { keeperId: keeper!.id });
    expect(await visible()).not.toContain(loser!.fileName);
    expect(await visible("duplicates=shown")).toContain(loser!.fileName);
    const kept = await call<PhotoDetails>(`/photos/${keeper!.id}`);
    expect(kept.tags.map(({ name }) => name)).toContain("holiday");
    expect(kept.metadata).toMatchObject({ rating: 4, description: "At the sea" });
    const inAlbum = async () =>
      (await curating.albumPhotos(album.id, { sort: "newest", limit: 10, offset: 0 })).map(({ id }) => id);
    expect(await inAlbum()).toEqual([keeper!.id]);
    expect(await test.library.people.faces.get(drawn)).toMatchObject({
      personName: "Ann",
      state: "confirmed",
    });
    expect(await call(`/duplicates/group/${group.id}`)).toMatchObject({
      state: "resolved",
      keeperId: keeper!.id,
      decisionId: done.decisionId,
    });
    await undo(done.decisionId);
    expect(await visible()).toHaveLength(6);
    const after = await call<PhotoDetails>(`/photos/${keeper!.id}`);
    expect(after.tags.map(({ name }) => name)).not.toContain("holiday");
    expect(after.metadata).toMatchObject({ rating: null, description: null });
    expect(await inAlbum()).toEqual([loser!.id]);
    expect(await test.library.people.faces.get(drawn)).toMatchObject({ state: "unassigned" });
    expect(await call(`/duplicates/group/${group.id}`)).toMatchObject({ state: "open", keeperId: null });
  });

  it("go to the trash only when asked, and come back from there", async () => {
    const group = await groupOf("one.png");
    const loser = group.members.find(({ isSuggestedKeeper }) => !isSuggestedKeeper)!;
    const bytes = readFileSync(loser.path);
    const done = await call<ResolveAnswer>(`/duplicates/group/${group.id}/resolve`, { moveToTrash: true });
    expect(existsSync(loser.path)).toBe(false);
    const trashed = join(test.dataDirectory, "trash", `${loser.photo.id}-${loser.photo.fileName}`);
    expect(readFileSync(trashed).equals(bytes)).toBe(true);
    await test.library.folders.scanAll();
    await test.library.runner.whenIdle();
    await undo(done.decisionId);
    expect(readFileSync(loser.path).equals(bytes)).toBe(true);
    expect(await visible()).toHaveLength(6);
  });

  it("that are none are never brought together again", async () => {
    const group = await groupOf("one.png");
    const { decisionId } = await call<GroupDecided>(`/duplicates/group/${group.id}/dismiss`, {});
    await call("/duplicates/scan", { all: true });
    await call(`/photos/${test.idOf("one.png")}/reprocess`, {});
    await test.library.runner.whenIdle();
    expect((await listGroups()).total).toBe(1);
    expect((await listGroups("state=dismissed")).total).toBe(1);
    await undo(decisionId);
    expect((await listGroups()).total).toBe(2);
  });

  it("are split, and stay so, and merged", async () => {
    const group = await groupOf("two.png");
    const cropped = test.idOf("two cropped.jpg");
    const removed = await call<GroupDecided>(
      `/duplicates/group/${group.id}/member/${cropped}`,
      undefined,
      "DELETE",
    );
    expect(namesOf(removed.group!)).toEqual(["two small.jpg", "two.png"]);
    expect(removed.newGroup).toBeNull();
    await call("/duplicates/scan", { all: true });
    await test.library.runner.whenIdle();
    expect(namesOf(await groupOf("two.png"))).toHaveLength(2);
    await undo(removed.decisionId);
    expect(namesOf(await groupOf("two.png"))).toHaveLength(3);
    const other = await groupOf("one.png");
    const merged = await call<GroupDecided>("/duplicates/groups/merge", { groupIds: [group.id, other.id] });
    expect(namesOf(merged.group!)).toHaveLength(5);
    await expect(undo(removed.decisionId)).rejects.toMatchObject({ status: 409 });
    await undo(merged.decisionId);
    expect((await listGroups()).total).toBe(2);
  });

  it("are resolved together by rules, first as a plan, and taken back together", async () => {
    const plan = await call<BulkResolvePlan>("/duplicates/resolve", { rules: { order: ["size"] } });
    expect(plan).toMatchObject({ isDryRun: true, groups: 2, photosHidden: 3 });
    const exactOnly = await call<BulkResolvePlan>("/duplicates/resolve", { kinds: ["exact"] });
    expect(exactOnly).toMatchObject({ groups: 1, photosHidden: 1 });
    await call("/duplicates/resolve", { dryRun: false });
    await test.library.runner.whenIdle();
    expect(await visible()).toHaveLength(3);
    expect((await listGroups("state=resolved")).total).toBe(2);
    const { items } = await call<{ items: { id: number; summary: string }[] }>("/history?pageSize=1");
    expect(items[0]!.summary).toBe("Put 3 copies of 2 groups out of sight");
    await undo(items[0]!.id);
    expect(await visible()).toHaveLength(6);
  });

  it("that contradict each other are refused with what to do", async () => {
    const group = await groupOf("one.png");
    const path = `/duplicates/group/${group.id}`;
    await expect(call(`${path}/split`, { photoIds: [test.idOf("three.png")] })).rejects.toThrow(
      "is not in group",
    );
    await expect(call("/duplicates/group/999999")).rejects.toMatchObject({ status: 404 });
    await call(`${path}/resolve`, {});
    await expect(call(`${path}/dismiss`, {})).rejects.toThrow("take that back first");
  });
});
