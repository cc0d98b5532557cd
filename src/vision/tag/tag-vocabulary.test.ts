import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { TAG_VOCABULARY, ZERO_SHOT_TAGS_ID } from "./tag-vocabulary.ts";

const names = TAG_VOCABULARY.map(({ name }) => name);

describe("TAG_VOCABULARY", () => {
  it("has the tags of all categories a new library comes with", () => {
    const wanted = {
      electronics: ["iPhone", "iPad", "MacBook", "laptop", "computer", "phone", "camera", "tablet"],
      food: ["pizza", "burger", "coffee", "cake", "pasta", "sushi", "salad", "beverage"],
      landscape: ["mountain", "beach", "sunset", "forest", "ocean", "sky", "nature", "park"],
      documents: ["screenshot", "document", "receipt", "certificate", "text", "paper"],
      people: ["person", "face", "portrait", "group", "crowd", "selfie", "family"],
    };
    expect(
      Object.values(wanted)
        .flat()
        .filter((name) => !names.includes(name)),
    ).toEqual([]);
  });

  it("has each tag once", () => {
    const seen = new Set(names.map((name) => name.toLowerCase()));
    expect(seen.size).toBe(names.length);
  });

  it("speaks English", () => {
    const promptsOf = (name: string) => TAG_VOCABULARY.find((tag) => tag.name === name)?.prompts;
    expect(promptsOf("owl")).toEqual(["a photo of an owl", "a picture that shows an owl"]);
    expect(promptsOf("umbrella")).toContain("a photo of an umbrella");
    expect(promptsOf("snow")).toContain("a photo of snow");
    expect(promptsOf("sky")).toContain("a photo of the sky");
    expect(promptsOf("cooking")).toContain("a picture of people cooking");
    expect(
      TAG_VOCABULARY.flatMap(({ prompts }) => prompts).filter((text) => /\{|\ba [aeio]/.test(text)),
    ).toEqual([]);
  });

  it("has another version whenever it changes", () => {
    const digest = createHash("sha256").update(JSON.stringify(TAG_VOCABULARY)).digest("hex");
    expect([ZERO_SHOT_TAGS_ID, digest.slice(0, 12)]).toEqual(["zero-shot-tags-1", "67b7efee4d72"]);
  });
});
