import { describe, expect, it } from "vitest";
import { parseCharacters, toClasses } from "./characters.ts";

describe("parseCharacters", () => {
  it("takes a file with or without a last line break, with Windows line ends or a byte order mark", () => {
    expect(parseCharacters("a\nb\n")).toEqual(["a", "b"]);
    expect(parseCharacters("\uFEFFa\r\nb")).toEqual(["a", "b"]);
  });

  it("keeps an ideographic space, which is a character like any other", () => {
    expect(parseCharacters("a\n\u3000\nb\n")).toEqual(["a", "\u3000", "b"]);
  });
});

describe("toClasses", () => {
  it("puts the blank first, and the space last where the model has a class for it", () => {
    expect(toClasses(["a", "b"], 4)).toEqual(["", "a", "b", " "]);
    expect(toClasses(["a", "b"], 3)).toEqual(["", "a", "b"]);
  });

  it("refuses the list of another model", () => {
    expect(toClasses(["a", "b"], 5)).toBeUndefined();
    expect(toClasses(["a", "b"], 2)).toBeUndefined();
  });
});
