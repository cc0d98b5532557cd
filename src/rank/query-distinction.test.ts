import { describe, expect, it, test } from "vitest";
import { createRandom } from "../math/random.ts";
import { normalize } from "../math/vector.ts";
import {
  backgroundOf,
  createTextBackground,
  distinction,
  queryDirection,
  sectionOfDistinction,
} from "./query-distinction.ts";

const DIMENSIONS = 256;
const random = createRandom(11);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const draw = () => normalize(Float64Array.from({ length: DIMENSIONS }, normal));
const mix = (...parts: readonly (readonly [number, Float32Array])[]) =>
  normalize(
    Float64Array.from({ length: DIMENSIONS }, (_, i) =>
      parts.reduce((sum, [weight, part]) => sum + weight * part[i]!, 0),
    ),
  );

/** Texts and photos lie in two narrow cones far from each other, as those of text-image models do. */
const [textBase, photoBase] = [draw(), draw()];
const text = (subject: Float32Array) => mix([1, textBase], [0.7, subject], [0.3, draw()]);
const photo = (subject: Float32Array) => mix([1, photoBase], [0.6, subject], [0.5, draw()]);
const background = createTextBackground(Array.from({ length: 64 }, () => text(draw())));

describe("distinction", () => {
  it("is high for the photos that a text is about, and within chance for all others", () => {
    const dog = draw();
    const direction = queryDirection(background, text(dog));
    const of = (subject: Float32Array) => {
      const embedding = photo(subject);
      return distinction(direction, embedding, backgroundOf(background, embedding));
    };
    const right = Array.from({ length: 30 }, () => of(dog));
    const wrong = Array.from({ length: 1000 }, () => of(draw()));
    const sectionsOf = (values: readonly number[]) =>
      values.map((value) => sectionOfDistinction(value, 1000) ?? "nothing");
    expect(sectionsOf(right)).not.toContain("nothing");
    expect(sectionsOf(right).filter((section) => section === "strong").length).toBeGreaterThan(14);
    expect(sectionsOf(wrong).filter((section) => section !== "nothing").length).toBeLessThan(5);
    expect(sectionsOf(wrong)).not.toContain("strong");
  });

  it("finds nothing for a text about nothing that is there, where plain similarity would rank all", () => {
    const nonsense = queryDirection(background, text(draw()));
    const values = Array.from({ length: 500 }, () => {
      const embedding = photo(draw());
      return distinction(nonsense, embedding, backgroundOf(background, embedding));
    });
    expect(values.filter((value) => sectionOfDistinction(value, 500) === "strong")).toEqual([]);
  });

  it("does not let a photo match that is close to every text", () => {
    const hub = mix([1, photoBase], [2, textBase]);
    const direction = queryDirection(background, text(draw()));
    expect(distinction(direction, hub, backgroundOf(background, hub))).toBeLessThan(5);
  });

  it("is nothing for a text that has nothing of its own", () => {
    const blank = queryDirection(background, background.common);
    const embedding = photo(draw());
    expect([...blank].every((value) => value === 0)).toBe(true);
    expect(sectionOfDistinction(distinction(blank, embedding, backgroundOf(background, embedding)), 10)).toBe(
      undefined,
    );
  });

  it("works with texts that are all the same", () => {
    const same = createTextBackground([textBase, textBase]);
    const dog = draw();
    const direction = queryDirection(same, text(dog));
    expect(distinction(direction, photo(dog), backgroundOf(same, photo(dog)))).toBeGreaterThan(5);
  });
});

describe("sectionOfDistinction", () => {
  test.each([
    [5, 10, "strong"],
    [4.9, 10, "maybe"],
    [3, 10, "maybe"],
    [2.9, 10, undefined],
    // The largest of 100,000 normally distributed values is about 4.3.
    [4.2, 100_000, undefined],
    [4.5, 100_000, "maybe"],
    [5.5, 100_000, "maybe"],
    [5.7, 100_000, "strong"],
    [9, 0, "strong"],
  ])("%d among %d photos: %s", (value, photos, section) => {
    expect(sectionOfDistinction(value, photos)).toBe(section);
  });
});
