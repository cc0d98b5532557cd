import { describe, expect, it } from "vitest";
import { replacePart } from "./understood-query.tsx";

describe("replacePart", () => {
  it("puts something else where a part was, with one blank between words", () => {
    const q = "Anna at the beach last summer";
    const start = q.indexOf("last");
    expect(replacePart(q, { start, end: q.length }, "after:2024-06-01")).toBe(
      "Anna at the beach after:2024-06-01",
    );
    expect(replacePart(q, { start: 0, end: 4 }, "")).toBe("at the beach last summer");
    expect(replacePart(q, { start: 4, end: 12 }, '"at the"')).toBe('Anna "at the" beach last summer');
  });
});
