import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createJobStore } from "../../database/jobs/job-store.ts";
import { createPlaceStore } from "../../database/place-store.ts";
import { readQueryNames } from "../../database/query-names.ts";
import { DEFAULT_DECODE_LIMITS } from "../../image/decode-limits.ts";
import { probeImage } from "../../image/probe.ts";
import { readMetadata } from "../../library/read-metadata.ts";
import { createLocatePhotos } from "../places/locate-photos.ts";
import { createPlaceThread } from "../places/place-thread.ts";
import { createUnderstandQuery, type UnderstandQuery } from "./understand-query.ts";

/** Photos whose EXIF says when and where they were taken. */
const FOLDER = "photos/places";

let test: TestDatabase;
let understand: UnderstandQuery;
const names = new Map<number, string>();
const thread = createPlaceThread();

async function readPhoto(file: string) {
  const { blocks, size } = await probeImage(sharedPath(join(FOLDER, file)), DEFAULT_DECODE_LIMITS);
  return readMetadata({ ...blocks, size });
}

describe.skipIf(!hasShared("places and dates of the sample photos", FOLDER))("the sample photos", () => {
  beforeAll(async () => {
    test = await openTestDatabase();
    const files = readdirSync(sharedPath(FOLDER)).filter((file) => /\.jpe?g$/i.test(file));
    const ids = await test.photos.insertPhotos(
      files.map((file, i) => ({ path: `/p/${file}`, byteSize: 1, modifiedAtMs: i })),
    );
    for (const [i, file] of files.entries()) {
      const preprocessing = { status: "done", modelId: "m", durationMs: 1 } as const;
      await test.analyses.saveAnalysis(
        ids[i]!,
        1,
        makeAnalysis({ metadata: await readPhoto(file) }, { preprocessing }),
        [],
      );
      names.set(ids[i]!, file);
    }
    const locating = createLocatePhotos({
      places: createPlaceStore(test),
      thread,
      jobs: createJobStore(test),
      notify() {},
    });
    await locating.handler.run({} as never, {
      signal: new AbortController().signal,
      setProgress: async () => {},
    });
    understand = createUnderstandQuery({ readNames: () => readQueryNames(test.database), thread });
  }, 60_000);
  afterAll(async () => {
    await thread.close();
    await test.remove();
  });

  const found = async (query: string) => {
    const { filter, problems } = await understand(query);
    expect(problems, query).toEqual([]);
    return [...(await test.photos.listIds(filter))].map((id) => names.get(id)!).toSorted();
  };

  /** All nine were taken on a walk through Arezzo on one afternoon, their EXIF says. */
  const AREZZO = ["10", "12", "21", "25", "27", "29", "38", "40", "42"].map((n) => `DSCN00${n}.jpg`);

  it.each([
    ["in Arezzo", AREZZO],
    ["pictures from Italy", AREZZO],
    ["country:Italien in October 2008", AREZZO],
    ["near:43.46745,11.88513,0.07", ["DSCN0010.jpg", "DSCN0012.jpg", "DSCN0021.jpg"]],
    ["date:2008-10-22", AREZZO],
    ["since:2000 before:2009", AREZZO],
    ['near:"San Francisco"', ["gps-datetime.jpg"]],
    ["in the USA", ["datetimeoriginal-gps.jpg", "gps-datetime.jpg", "thompson-springs.jpg"]],
    ["in the USA in January 2022", ["thompson-springs.jpg"]],
    ["near:Arezzo -near:43.46745,11.88513,0.2", AREZZO.slice(3)],
    ["in November 2023", ["gps-datetime.jpg"]],
    ["date:2025-06-01", ["empty_gps.jpg"]],
    ["date:2023-02-02 -has:gps", ["date-priority-test.jpg"]],
    ["in Arezzo since:2009", []],
  ])("are found by what their EXIF says: %s", async (query, expected) => {
    expect(await found(query)).toEqual(expected);
  });
});
