import { describe, expect, it } from "vitest";
import type { FoundCopy } from "./copy-index.ts";
import { type CopyGroup, placeCopy } from "./place-copy.ts";

const UPRIGHT = { symmetry: 0, isInverted: false };
const PIXELS = { overlap: 1, covered: 0, compared: 100, agreement: 1, contradiction: 0 };

function copyOf(id: number, parts: Partial<FoundCopy> = {}): FoundCopy {
  return { id, orientation: UPRIGHT, shareOfFirst: 1, shareOfSecond: 1, pixels: PIXELS, ...parts };
}

/** Pictures that come one after the other, each with the copies that are found of it among the former ones. */
async function placeAll(found: ReadonlyMap<number, readonly FoundCopy[]>): Promise<Map<number, number>> {
  const groups = new Map<number, CopyGroup<number>>();
  for (const [id, copies] of found) {
    const placement = await placeCopy<number>(id, copies, {
      groupOf: async (other) => groups.get(other),
      verify: async () => undefined,
    });
    if (placement?.kind === "found") {
      const group = { id: placement.medoidId, medoidId: placement.medoidId };
      groups.set(placement.medoidId, group).set(placement.memberId, group);
    }
    if (placement?.kind === "join") groups.set(id, { id: placement.groupId, medoidId: placement.groupId });
  }
  return new Map([...groups].map(([id, { medoidId }]) => [id, medoidId]));
}

describe("placeCopy", () => {
  it("puts copies of one photo into one group, whose medoid is the one that came first", async () => {
    const placed = await placeAll(
      new Map([
        [1, []],
        [2, [copyOf(1, { distance: 4 })]],
        [3, [copyOf(2, { distance: 2 }), copyOf(1, { distance: 6 })]],
      ]),
    );
    expect(placed).toEqual(new Map([1, 2, 3].map((id) => [id, 1])));
  });

  it("joins a group that is there rather than making one with a surer copy that is in none", async () => {
    const placed = await placeAll(
      new Map([
        [1, []],
        [2, [copyOf(1, { distance: 9 })]],
        [3, [copyOf(7, { distance: 0 }), copyOf(1, { distance: 12 })]],
      ]),
    );
    expect(placed).toEqual(new Map([1, 2, 3].map((id) => [id, 1])));
  });

  it("does not chain: who is a copy of a member but not of the medoid stays out", async () => {
    const chain = Array.from(
      { length: 20 },
      (_, id) => [id, id === 0 ? [] : [copyOf(id - 1, { distance: 25 })]] as const,
    );
    const placed = await placeAll(new Map(chain));
    const sizes = [...Map.groupBy(placed.values(), (medoidId) => medoidId).values()].map(
      ({ length }) => length,
    );
    expect(Math.max(...sizes)).toBe(2);
  });

  it("keeps two photos apart that a collage shows both of, in whatever order they come", async () => {
    const inCollage = { shareOfFirst: 1, shareOfSecond: 0.45, inliers: 20 };
    const first = await placeAll(
      new Map([
        [1, []],
        [2, [copyOf(1, inCollage)]],
        [3, [copyOf(1, inCollage)]],
      ]),
    );
    expect(first).toEqual(
      new Map([
        [1, 2],
        [2, 2],
      ]),
    );
    const holding = { shareOfFirst: 0.45, shareOfSecond: 1, inliers: 20 };
    const last = await placeAll(
      new Map([
        [1, []],
        [2, []],
        [3, [copyOf(1, holding), copyOf(2, holding)]],
      ]),
    );
    expect(last).toEqual(
      new Map([
        [1, 1],
        [3, 1],
      ]),
    );
  });

  it("asks about the medoid where only another member was found", async () => {
    const asked: number[] = [];
    const placement = await placeCopy<string>(9, [copyOf(5, { inliers: 30 })], {
      groupOf: async () => ({ id: "g", medoidId: 4 }),
      async verify(id) {
        asked.push(id);
        return copyOf(id, { inliers: 12 });
      },
    });
    expect(asked).toEqual([4]);
    expect(placement).toMatchObject({ kind: "join", groupId: "g", copy: { id: 4 } });
  });

  it("leaves a picture alone of which no copy is there", async () => {
    expect(
      await placeAll(
        new Map([
          [1, []],
          [2, []],
        ]),
      ),
    ).toEqual(new Map());
  });
});
