import { describe, expect, it } from "vitest";
import { parseCharacters } from "./characters.ts";

describe("parseCharacters", () => {
  it("puts the blank first and the space last", () => {
    expect(parseCharacters("a\nb\n")).toEqual(["", "a", "b", " "]);
  });

  it("takes a file without a last line break, with Windows line ends or a byte order mark", () => {
    expect(parseCharacters("\uFEFFa\r\nb")).toEqual(["", "a", "b", " "]);
  });

  it("keeps an ideographic space, which is a character like any other", () => {
    expect(parseCharacters("a\n\u3000\nb\n")).toEqual(["", "a", "\u3000", "b", " "]);
  });
});
