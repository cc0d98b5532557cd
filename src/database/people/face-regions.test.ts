import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MetadataFaceRegion } from "../../core/photo-analysis.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../open-test-database.ts";

let test: TestDatabase;
let photoIds: readonly number[];
beforeEach(async () => {
  test = await openTestDatabase();
  photoIds = await test.photos.insertPhotos(
    ["a", "b"].map((name) => ({ path: `/p/${name}.jpg`, byteSize: 1, modifiedAtMs: 1 })),
  );
});
afterEach(() => test.remove());

const box = (x: number) => ({ x, y: 0.2, width: 0.2, height: 0.2 });
const done = { status: "done", modelId: "m", durationMs: 1 } as const;

async function analyse(photoId: number, regions: readonly MetadataFaceRegion[], faces: readonly number[]) {
  const found = faces.map((x) => ({ normalizedBox: box(x), landmarks: [], score: 0.9, quality: 0.7 }));
  const analysis = makeAnalysis(
    { faces: found, metadata: { keywords: [], faceRegions: regions } },
    { preprocessing: done, faces: done },
  );
  await test.analyses.saveAnalysis(photoId, 1, analysis, []);
}

const facesOf = async (photoId: number) =>
  (await test.faces.ofPhoto(photoId)).map(({ personName, origin, state }) => [personName, origin, state]);

describe("taking in faces that were named elsewhere", () => {
  it("names the faces at their places, and adds those that no detector found", async () => {
    const [a, b] = photoIds as [number, number];
    await analyse(
      a,
      [
        { name: "José", normalizedBox: box(0.12) },
        { name: "Ida", normalizedBox: box(0.7) },
      ],
      [0.1],
    );
    await analyse(b, [{ name: "JOSÉ", normalizedBox: box(0.1) }, { normalizedBox: box(0.5) }], [0.1]);
    expect(await test.regions.pending(0, 9)).toEqual([a, b]);
    for (const id of photoIds) await test.regions.takeIn(id);
    expect(await facesOf(a)).toEqual([
      ["José", "detector", "confirmed"],
      ["Ida", "metadata", "confirmed"],
    ]);
    expect(await facesOf(b)).toEqual([
      ["José", "detector", "confirmed"],
      [undefined, "metadata", "unassigned"],
    ]);
    expect(await test.regions.pending(0, 9)).toEqual([]);
    expect((await test.persons.list({ statuses: ["active"], sort: "name", limit: 9, offset: 0 })).total).toBe(
      2,
    );
  });

  it("adds nothing the second time, also after a crash before it was marked as done", async () => {
    const [a] = photoIds as [number];
    await analyse(a, [{ name: "Ida", normalizedBox: box(0.7) }], []);
    await test.regions.takeIn(a);
    await test.database.writes.updateTable("faceRegions").set({ faceId: null }).execute();
    await test.regions.takeIn(a);
    expect(await facesOf(a)).toEqual([["Ida", "metadata", "confirmed"]]);
    const { count } = await test.database.reads
      .selectFrom("decisions")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    expect(count).toBe(1);
  });

  it("leaves what the user said here, also when the file is written again", async () => {
    const [a] = photoIds as [number];
    await analyse(a, [{ name: "Ida", normalizedBox: box(0.1) }], [0.1]);
    await test.regions.takeIn(a);
    const [face] = await test.faces.ofPhoto(a);
    await test.decisions.decide(
      { kind: "face.reject", faceIds: [face!.id], personId: face!.personId! },
      { actor: "user" },
    );
    await analyse(a, [{ name: "Ida ", normalizedBox: box(0.11) }], [0.1]);
    await test.regions.takeIn(a);
    expect(await facesOf(a)).toEqual([[undefined, "detector", "rejected"]]);
  });

  it("follows a name that the file has changed, but not one that was changed here", async () => {
    const [a] = photoIds as [number];
    const say = async (...names: readonly string[]) => {
      const regions = names.map((name, i) => ({ name, normalizedBox: box(0.1 + i * 0.3) }));
      await analyse(a, regions, [0.1, 0.4, 0.7]);
      await test.regions.takeIn(a);
      return (await facesOf(a)).map(([name]) => name);
    };
    expect(await say("Jo", "Ida", "Ann")).toEqual(["Jo", "Ida", "Ann"]);
    const persons = await test.persons.list({ statuses: ["active"], sort: "name", limit: 9, offset: 0 });
    const ida = persons.items.find(({ name }) => name === "Ida")!;
    await test.decisions.decide(
      { kind: "person.update", personId: ida.id, changes: { name: "Ida Berg" } },
      { actor: "user", source: "human" },
    );
    const [, , ann] = await test.faces.ofPhoto(a);
    await test.decisions.decide(
      { kind: "face.assign", faceIds: [ann!.id], personId: ida.id },
      { actor: "user", source: "human" },
    );
    expect(await say("Joan", "Ida", "Anna")).toEqual(["Joan", "Ida Berg", "Ida Berg"]);
    const decisions = () => test.database.reads.selectFrom("decisions").select("id").execute();
    const before = await decisions();
    expect(await say("Joan", "Ida", "Anne")).toEqual(["Joan", "Ida Berg", "Ida Berg"]);
    expect(await decisions()).toEqual(before);
  });

  it("finds the photo by the name", async () => {
    const [a] = photoIds as [number];
    await analyse(a, [{ name: "Zoë", normalizedBox: box(0.1) }], []);
    await test.regions.takeIn(a);
    expect((await test.textIndex.search("zoe", { limit: 5 })).map(({ photoId }) => photoId)).toEqual([a]);
  });
});
