import { describe, expect, it } from "vitest";
import type { PhotoChanges } from "../../core/library-decision.ts";
import { describeLibrary } from "./describe-library.ts";

describe("describeLibrary", () => {
  it.each<[PhotoChanges, string]>([
    [{ rating: 4, isFavourite: true }, "4 stars, favourite"],
    [{ rating: 1, isFavourite: false }, "1 star, no favourite any more"],
    [{ rating: 0 }, "no stars"],
    [{ rating: null, title: null }, "stars as the file says, title as the file says"],
    [{ title: "Rome", description: "" }, "title “Rome”, no caption"],
    [
      { addTags: ["sea"], removeTags: ["dog"], isHidden: true },
      "tagged sea, untagged dog, removed from the library",
    ],
    [{ description: "🍏".repeat(40) }, `caption “${"🍏".repeat(30)}…”`],
    [{ description: `a${"🍏".repeat(40)}` }, `caption “a${"🍏".repeat(29)}…”`],
  ])("says what is said of a photo now: %j", (changes, said) => {
    expect(describeLibrary({ kind: "photo.update", photoIds: [7], changes })).toBe(
      `Changed 1 photo: ${said}`,
    );
  });
});
