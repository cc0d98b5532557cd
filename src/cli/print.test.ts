import { describe, expect, it } from "vitest";
import { toPrintable } from "./print.ts";

describe("toPrintable", () => {
  it.each([
    ["an escape sequence", "\u001b[2Jphoto.jpg"],
    ["a line end", "photo\n.jpg"],
    ["an unusual line end", "photo\u2028.jpg"],
    ["a mark that turns text round", "photo\u202egpj.exe"],
    ["a control character of the upper half", "\u009b31mphoto.jpg"],
  ])("takes %s out of a file name", (_what, name) => {
    expect(toPrintable(name)).toMatch(/^[\w.[\ufffd]+$/);
  });

  it("leaves names in any script as they are", () => {
    for (const name of ["Größe 1.jpg", "写真.jpg", "صورة.jpg", "👩‍👧.jpg"])
      expect(toPrintable(name)).toBe(name);
  });
});
