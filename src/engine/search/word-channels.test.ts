import { describe, expect, it } from "vitest";
import { toWordChannels } from "./word-channels.ts";

describe("toWordChannels", () => {
  it("ranks photos by each field, and those that match in part after all others", () => {
    const channels = toWordChannels([
      { photoId: 1, score: 3.5, match: "words", fields: { text: 2, tags: 1 } },
      { photoId: 2, score: 3.4, match: "words", fields: { tags: 5 } },
      { photoId: 3, score: 2, match: "part" },
      { photoId: 4, score: 1, match: "similar" },
    ]);
    expect(channels.fields).toMatchObject({ text: [1], tags: [2, 1], objects: [], place: [] });
    expect(channels.fuzzy).toEqual([3, 4]);
    expect(channels.fuzzyRank).toBe(3);
  });

  it("ranks photos that hold only some of the words in no field, though they hold those in one", () => {
    const some = { score: 0.5, match: "some" as const, fields: { text: 2, tags: 1 } };
    const channels = toWordChannels([{ photoId: 1, ...some }]);
    expect(channels.fields).toMatchObject({ text: [], tags: [] });
    expect(channels).toMatchObject({ fuzzy: [1], fuzzyRank: 1 });
  });

  it("keeps the list's own order among equals", () => {
    const hits = [7, 5, 9].map((photoId, i) => ({
      photoId,
      score: 3.9 - i / 10,
      match: "words" as const,
      fields: { text: 1 },
    }));
    expect(toWordChannels(hits).fields.text).toEqual([7, 5, 9]);
  });

  it("is empty for nothing", () => {
    expect(toWordChannels([])).toMatchObject({ fuzzy: [], fuzzyRank: 1 });
  });
});
