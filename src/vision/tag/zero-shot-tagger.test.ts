import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { createZeroShotTagger } from "./zero-shot-tagger.ts";

const DIMENSIONS = 256;
const COUNT = 800;

/**
 * A made-up text-image model with the vices of real ones: sentences are close to each other, photos lie in another part of
 * the space, and some sentences ("generic" ones) are close to everything.
 */
function createWorld() {
  const random = createRandom(3);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const direction = () => normalize(Float64Array.from({ length: DIMENSIONS }, gaussian));
  const combine = (...parts: [Float32Array, number][]) =>
    normalize(
      Float64Array.from({ length: DIMENSIONS }, (_, i) =>
        parts.reduce((sum, [vector, weight]) => sum + vector[i]! * weight, 0),
      ),
    );
  const sentence = direction();
  const picture = combine([direction(), 1], [sentence, 0.3]);
  const concepts = Array.from({ length: COUNT }, direction);
  const embeddings = concepts.map((concept, i) => combine([sentence, i % 10 === 0 ? 3 : 1], [concept, 1]));
  const photoOf = (...shown: number[]) =>
    combine(
      [picture, 1.5],
      [direction(), 0.3],
      ...shown.map((i): [Float32Array, number] => [concepts[i]!, 1]),
    );
  const names = concepts.map((_, i) => `tag ${i}`);
  return { names, embeddings, photoOf };
}

const world = createWorld();
const tagger = createZeroShotTagger({ ...world, settings: {} });

describe("createZeroShotTagger", () => {
  it("finds what a photo shows, and hardly anything else", () => {
    const shown = Array.from({ length: 115 }, (_, i) => 7 * i);
    const given = shown.map((i) => tagger.tag(world.photoOf(i)).map(({ name }) => name));
    expect(given.map(([strongest]) => strongest)).toEqual(shown.map((i) => `tag ${i}`));
    expect(given.flat().length - shown.length).toBeLessThan(10);
  });

  it("finds several things in one photo, strongest first", () => {
    const tags = tagger.tag(world.photoOf(5, 20, 300));
    expect(new Set(tags.map(({ name }) => name))).toEqual(new Set(["tag 5", "tag 20", "tag 300"]));
    const scores = tags.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    for (const score of scores) expect(score > 0.5 && score <= 1).toBe(true);
  });

  it("gives hardly any tags to photos of nothing in the vocabulary", () => {
    const given = Array.from({ length: 200 }, () => tagger.tag(world.photoOf())).flat();
    expect(given.length).toBeLessThan(20);
  });

  it("does not prefer sentences that are close to everything", () => {
    const generic = (i: number) => i % 10 === 0;
    const given = Array.from({ length: 400 }, () => tagger.tag(world.photoOf())).flat();
    const hits = given.filter(({ name }) => generic(Number(name.slice(4))));
    expect(hits.length).toBeLessThanOrEqual(4);
  });

  it("gives a photo of everything no more than twelve", () => {
    const shown = Array.from({ length: 30 }, (_, i) => 3 * i);
    const loose = createZeroShotTagger({ ...world, settings: { minTagDistinction: 1 } });
    expect(loose.tag(world.photoOf(...shown))).toHaveLength(12);
  });

  it("believes a model that gives probabilities when it says that a tag is impossible", () => {
    const photo = world.photoOf(4);
    const tagsWith = (logitBias: number) =>
      createZeroShotTagger({ ...world, settings: { logitScale: 10, logitBias } }).tag(photo);
    expect(tagsWith(0)).toHaveLength(1);
    expect(tagsWith(-20)).toEqual([]);
  });

  it("gives no tags where a model tells no tag from another", () => {
    const same = Float32Array.of(0.6, 0.8);
    const embeddings = [same, same, same, Float32Array.of(0.8, 0.6)];
    const names = ["a", "b", "c", "d"];
    expect(createZeroShotTagger({ names, embeddings, settings: {} }).tag(Float32Array.of(1, 0))).toEqual([]);
  });
});
