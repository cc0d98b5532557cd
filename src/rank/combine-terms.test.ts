import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.ts";
import { dotProduct, normalize } from "../math/vector.ts";
import { chanceOf, combineTerms } from "./combine-terms.ts";

const random = createRandom(5);
const draw = () => normalize(Float64Array.from({ length: 64 }, () => random() - 0.5));
const spreads = { picture: 0.08, text: 0.03 };

describe("combineTerms", () => {
  it("leaves a lone picture as it is", () => {
    const direction = draw();
    expect(combineTerms([{ kind: "picture", direction, weight: 0.5 }], spreads)).toBe(direction);
  });

  it("ranks photos by the weighted sum of how far they stand out for each term", () => {
    const [picture, more, less] = [draw(), draw(), draw()];
    const photos = Array.from({ length: 50 }, draw);
    const direction = combineTerms(
      [
        { kind: "picture", direction: picture, weight: 1 },
        { kind: "text", direction: more, weight: 0.7 },
        { kind: "text", direction: less, weight: -1 },
      ],
      spreads,
    );
    const score = (photo: Float32Array) =>
      dotProduct(picture, photo) / 0.08 + (0.7 * dotProduct(more, photo) - dotProduct(less, photo)) / 0.03;
    const byScore = photos.toSorted((a, b) => score(b) - score(a));
    const byDirection = photos.toSorted((a, b) => dotProduct(direction, b) - dotProduct(direction, a));
    expect(byDirection.map((photo) => photos.indexOf(photo))).toEqual(
      byScore.map((photo) => photos.indexOf(photo)),
    );
    expect(dotProduct(direction, direction)).toBeCloseTo(1, 6);
  });

  it("refuses terms that cancel out, and none", () => {
    const direction = draw();
    const terms = [1, -1].map((weight) => ({ kind: "picture" as const, direction, weight }));
    expect(() => combineTerms(terms, spreads)).toThrow(/normalised/);
    expect(() => combineTerms([], spreads)).toThrow(/normalised/);
  });
});

describe("chanceOf", () => {
  it("is the middle and the upper spread of similarities", () => {
    const direction = Float32Array.of(1, 0);
    const drawn = [0.1, 0.2, 0.3].map((x) => Float32Array.of(x, 0));
    expect(chanceOf(direction, drawn).median).toBeCloseTo(0.2, 6);
  });
});
