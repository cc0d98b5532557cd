import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createDecidedSettings,
  createEvaluationStore,
  readHumanTags,
} from "../../database/evaluation-store.ts";
import { openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { KeepsightError } from "../../core/errors.ts";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { createOwnEvaluation, MATCH_SETTING, type OwnGrades, readMatchThreshold } from "./own-grades.ts";

const DIMENSIONS = 32;
const MODEL = "faces-1";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

/** Eight faces of each of ten persons, much alike. */
function drawPersons() {
  const random = createRandom(9);
  const draw = () => Float64Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  return new Map(
    Array.from({ length: 10 }, (_, person) => {
      const mean = draw();
      const rows = Array.from({ length: 8 }, () => {
        const own = draw();
        return normalize(mean.map((x, i) => x + own[i]!));
      });
      const embeddings = new Float32Array(rows.length * DIMENSIONS);
      for (const [i, row] of rows.entries()) embeddings.set(row, i * DIMENSIONS);
      return [`person-${person}` as string, embeddings] as const;
    }),
  );
}

function open({ hasFaces = true, matchThreshold = 0.9 } = {}) {
  const persons = drawPersons();
  const settings = createDecidedSettings(test);
  let changes = 0;
  const evaluation = createOwnEvaluation({
    store: createEvaluationStore<OwnGrades>(test),
    settings,
    jobs: { enqueue: async () => [] },
    faces: {
      embedded: async ({ confirmedOf }) => ({
        faceIds: [1, 2, 3, 4, 5, 6, 7, 8],
        photoIds: [1, 2, 3, 4, 5, 6, 7, 8],
        qualities: new Float32Array(8).fill(1),
        embeddings: persons.get(confirmedOf!)!,
        dimensions: DIMENSIONS,
      }),
    },
    persons: {
      names: async () => (hasFaces ? [...persons.keys()] : []).map((id) => ({ id, name: id, faceCount: 8 })),
    },
    readTags: (limit) => readHumanTags(test.database, limit),
    concepts: { list: async () => [], examplesOf: async () => ({ examples: [], counterexamples: [] }) },
    vectors: { use: (work) => work(undefined) },
    drawPhotos: async () => [],
    search: {
      search: async () => ({
        hits: [],
        total: 0,
        isTotalExact: true,
        sections: { strong: 0, maybe: 0 },
        mode: "semantic",
        notice: "No text-image model is installed.",
      }),
    },
    recogniser: async () => {
      if (!hasFaces) throw new KeepsightError("model_missing", "No model.");
      const calibration = { strangerSimilarity: 0, matchSimilarity: 0.5 };
      const chosen = await readMatchThreshold(settings, MODEL);
      return { modelId: MODEL, calibration, matchThreshold: chosen ?? matchThreshold };
    },
    notify: () => {},
    onSettingChanged: () => changes++,
  });
  return { evaluation, settings, changes: () => changes };
}

describe("createOwnEvaluation", () => {
  it("grades faces by confirmed names, and suggests a threshold that is used only on the user's word", async () => {
    const { evaluation, settings, changes } = open();
    const first = await evaluation.run();
    const [faces] = first.result.grades;
    expect(faces).toMatchObject({ subject: "faces", labels: 80, precision: 1 });
    const [advice] = first.result.advice;
    expect(advice).toMatchObject({ setting: MATCH_SETTING, modelId: MODEL, current: 0.9 });
    expect(advice!.suggested).toBeLessThan(0.9);
    expect(advice!.suggestedPrecision).toBeGreaterThanOrEqual(0.99);
    expect(advice!.suggestedRecall).toBeGreaterThan(faces!.recall!);
    expect(await readMatchThreshold(settings, MODEL)).toBe(undefined);

    const { decisionId, value } = await evaluation.apply(first.id, MATCH_SETTING, "test");
    expect(await readMatchThreshold(settings, MODEL)).toBe(value);
    expect(await readMatchThreshold(settings, "another")).toBe(undefined);
    const second = await evaluation.run();
    expect(second.result.grades[0]!.recall).toBeCloseTo(advice!.suggestedRecall, 2);
    expect(second.result.advice).toEqual([]);
    const undone = await evaluation.undoer.undo(decisionId, "test");
    expect(await readMatchThreshold(settings, MODEL)).toBe(undefined);
    await evaluation.undoer.undo(undone.decisionId, "test");
    expect(await readMatchThreshold(settings, MODEL)).toBe(value);
    expect(changes()).toBe(3);
    const { items, total } = await evaluation.list({ limit: 10, offset: 0 });
    expect(total).toBe(2);
    expect(items.map(({ id }) => id)).toEqual([second.id, first.id]);
    await expect(evaluation.apply(second.id, MATCH_SETTING, "test")).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("says what is missing where there is nothing to grade by", async () => {
    const { result } = await open({ hasFaces: false }).evaluation.run();
    expect(result.grades.map(({ subject, labels }) => [subject, labels])).toEqual([
      ["faces", 0],
      ["tags", 0],
      ["concepts", 0],
    ]);
    expect(result.grades.every(({ note }) => note !== undefined)).toBe(true);
  });

  it("takes tags that were put by hand for labels, and says why they cannot be graded", async () => {
    const ids = await test.photos.insertPhotos(
      ["a", "b", "c"].map((name) => ({ path: `/p/${name}.jpg`, byteSize: 1, modifiedAtMs: 1 })),
    );
    await test.database.writes
      .insertInto("tags")
      .values({ id: 900, name: "Boat", nameKey: "boat" })
      .execute();
    for (const photoId of ids)
      await test.database.writes
        .insertInto("photoTags")
        .values({ photoId, tagId: 900, score: 1, source: "human" })
        .execute();
    expect(await readHumanTags(test.database, 5)).toEqual([{ name: "Boat", photoIds: ids }]);
    const { result } = await open({ hasFaces: false }).evaluation.run();
    expect(result.grades[1]).toEqual({
      subject: "tags",
      labels: 1,
      note: "No text-image model is installed.",
    });
  });
});
