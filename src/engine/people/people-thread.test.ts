import { afterEach, describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../../test/face-like-points.ts";
import { matchPersons } from "../../cluster/match-persons.ts";
import { computePrototypes } from "./compute-prototypes.ts";
import { createPeopleThread } from "./people-thread.ts";

const thread = createPeopleThread();
afterEach(() => thread.close());

const faces = createFaceLikePoints(300, { dimensions: 128, seed: 1 });
const prototypes = {
  personIds: Array.from({ length: 700 }, (_, i) => `person ${i % 100}`),
  embeddings: createFaceLikePoints(700, { dimensions: 128, seed: 1 }).embeddings,
  dimensions: 128,
};

describe("createPeopleThread", () => {
  it("matches many faces as on the spot, several tasks at once", async () => {
    const expected = matchPersons(faces.embeddings, prototypes, 0.3);
    const few = faces.embeddings.subarray(0, 128);
    const [all, one] = await Promise.all([
      thread.match(faces.embeddings, prototypes, 0.3),
      thread.match(few, prototypes, 0.3),
    ]);
    expect(all).toEqual(expected);
    expect(one).toEqual(expected.slice(0, 1));
  });

  it("makes prototypes as on the spot", async () => {
    const embedded = {
      faceIds: Array.from({ length: 300 }, (_, i) => i + 1),
      photoIds: Array.from({ length: 300 }, (_, i) => i + 1),
      qualities: new Float32Array(300).fill(0.5),
      embeddings: faces.embeddings,
      dimensions: 128,
    };
    expect(await thread.computePrototypes(embedded)).toEqual(computePrototypes(embedded));
  });

  it("starts again after it ended, and fails what was under way", async () => {
    const underWay = thread.match(faces.embeddings, prototypes, 0.3);
    await thread.close();
    await expect(underWay).rejects.toMatchObject({ code: "unavailable" });
    expect(await thread.match(faces.embeddings, prototypes, 0.3)).toHaveLength(300);
  });
});
