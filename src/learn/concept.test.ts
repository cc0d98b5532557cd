import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.ts";
import { dotProduct, normalize } from "../math/vector.ts";
import { conceptScore, learnConcept } from "./concept.ts";

const DIMENSIONS = 128;

/**
 * Embeddings as text-image models make them: all in a narrow cone (`base`), each with a subject of its own or one that
 * several share, and details.
 */
function createWorld(seed: number) {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = () => normalize(Float64Array.from({ length: DIMENSIONS }, normal));
  const base = draw();
  const photo = (subject: Float32Array, details = 0.6) => {
    const own = draw();
    return normalize(Float64Array.from(base, (x, i) => x + 0.9 * subject[i]! + details * own[i]!));
  };
  const others = (count: number) => Array.from({ length: count }, () => photo(draw()));
  return { draw, photo, others };
}

/** The share of the boat's photos before any other, and the sections of both. */
function judge(
  concept: ReturnType<typeof learnConcept>,
  shown: readonly Float32Array[],
  others: readonly Float32Array[],
) {
  const similarity = (row: Float32Array) => dotProduct(concept.direction, row);
  const best = Math.max(...others.map(similarity));
  return {
    first: shown.filter((row) => similarity(row) > best).length / shown.length,
    strong: shown.filter((row) => similarity(row) >= concept.strong).length / shown.length,
    maybe: shown.filter((row) => similarity(row) >= concept.maybe).length / shown.length,
    wrongStrong: others.filter((row) => similarity(row) >= concept.strong).length / others.length,
    wrongMaybe: others.filter((row) => similarity(row) >= concept.maybe).length / others.length,
  };
}

describe("learnConcept", () => {
  it("ranks first, after three examples, photos it has never seen, and cuts where the others begin", () => {
    const { draw, photo, others } = createWorld(1);
    const boat = draw();
    const concept = learnConcept({
      examples: [photo(boat), photo(boat), photo(boat)],
      counterexamples: [],
      background: others(120),
    });
    const shown = Array.from({ length: 40 }, () => photo(boat));
    const result = judge(concept, shown, others(2000));
    expect(result.first).toBe(1);
    expect(result.strong).toBeGreaterThan(0.8);
    expect(result.maybe).toBeGreaterThan(0.95);
    expect(result.wrongStrong).toBeLessThan(0.001);
    expect(result.wrongMaybe).toBeLessThan(0.02);
    expect(dotProduct(concept.direction, concept.direction)).toBeCloseTo(1, 5);
  });

  it("learns from one example, and from a background in which a tenth shows the same", () => {
    const { draw, photo, others } = createWorld(2);
    const boat = draw();
    const unseen = Array.from({ length: 20 }, () => photo(boat));
    for (const count of [1, 3]) {
      const concept = learnConcept({
        examples: Array.from({ length: count }, () => photo(boat)),
        counterexamples: [],
        background: [...others(108), ...Array.from({ length: 12 }, () => photo(boat))],
      });
      const { first, maybe } = judge(concept, unseen, others(300));
      expect(first, `${count}`).toBeGreaterThan(0.9);
      expect(maybe, `${count}`).toBeGreaterThan(0.8);
    }
  });

  it("tells apart by a counterexample what looked the same", () => {
    const { draw, photo, others } = createWorld(3);
    const [boat, ours] = [draw(), draw()];
    const both = (own: Float32Array) => normalize(Float64Array.from(boat, (x, i) => x + 0.8 * own[i]!));
    const [ourBoat, otherBoat] = [both(ours), both(draw())];
    const lessons = {
      examples: [photo(ourBoat), photo(ourBoat), photo(ourBoat)],
      background: others(100),
    };
    const strangers = Array.from({ length: 30 }, () => photo(otherBoat));
    const before = learnConcept({ ...lessons, counterexamples: [] });
    const after = learnConcept({ ...lessons, counterexamples: [photo(otherBoat), photo(otherBoat)] });
    const strong = (concept: typeof before) =>
      strangers.filter((row) => dotProduct(row, concept.direction) >= concept.strong).length;
    expect(strong(after)).toBeLessThan(Math.max(1, strong(before)));
    const mine = Array.from({ length: 30 }, () => photo(ourBoat));
    expect(judge(after, mine, strangers).first).toBeGreaterThan(0.9);
  });

  it("corrects the words it begins with", () => {
    const { draw, photo, others } = createWorld(4);
    const [meant, said] = [draw(), draw()];
    const background = others(60);
    const wrong = Array.from({ length: 20 }, () => photo(said));
    const right = Array.from({ length: 20 }, () => photo(meant));
    const taught = learnConcept({
      examples: right.slice(0, 2),
      counterexamples: wrong.slice(0, 3),
      background,
      prior: said,
    });
    const mean = (rows: readonly Float32Array[], direction: Float32Array) =>
      rows.reduce((sum, row) => sum + dotProduct(row, direction), 0) / rows.length;
    expect(mean(wrong, said)).toBeGreaterThan(mean(right, said));
    expect(mean(right.slice(2), taught.direction)).toBeGreaterThan(mean(wrong.slice(3), taught.direction));
  });

  it("works in a library with nothing but its examples, and refuses to learn from none", () => {
    const { draw, photo } = createWorld(5);
    const boat = draw();
    const examples = [photo(boat), photo(boat)];
    const concept = learnConcept({ examples, counterexamples: [], background: [] });
    for (const example of examples)
      expect(dotProduct(example, concept.direction)).toBeGreaterThan(concept.strong);
    expect(concept.maybe).toBeLessThan(concept.strong);
    expect(() => learnConcept({ examples: [], counterexamples: examples, background: [] })).toThrow(
      /at least one/,
    );
  });

  it("gives the same whatever the order of the lessons", () => {
    const { draw, photo, others } = createWorld(6);
    const boat = draw();
    const lessons = {
      examples: [photo(boat), photo(boat), photo(boat)],
      counterexamples: others(2),
      background: others(30),
    };
    const one = learnConcept(lessons);
    const other = learnConcept({
      examples: lessons.examples.toReversed(),
      counterexamples: lessons.counterexamples.toReversed(),
      background: lessons.background.toReversed(),
    });
    expect(dotProduct(one.direction, other.direction)).toBeCloseTo(1, 6);
    expect(other.strong).toBeCloseTo(one.strong, 6);
  });
});

describe("conceptScore", () => {
  it("is a half where photos surely show it and a quarter where they perhaps do", () => {
    const cutoffs = { strong: 0.6, maybe: 0.4 };
    expect(conceptScore(cutoffs, 0.6)).toBeCloseTo(0.5, 12);
    expect(conceptScore(cutoffs, 0.4)).toBeCloseTo(0.25, 12);
    expect(conceptScore(cutoffs, 0.9)).toBeGreaterThan(0.8);
  });
});
