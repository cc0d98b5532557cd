import { describe, expect, it } from "vitest";
import { z } from "zod";
import { optionalBody, PageQuery, repeatable } from "../api/common.ts";
import { parseStrictly } from "./unknown-fields.ts";

/** The fields that are complained about. */
function complaints(schema: z.ZodType, value: unknown): string[] {
  try {
    parseStrictly(schema, value);
    return [];
  } catch (error) {
    return (error as z.ZodError).issues.map(({ path }) => path.join("."));
  }
}

const nested = z.object({
  box: z.object({ x: z.number() }).optional(),
  list: z.array(z.object({ a: z.string() })).default([]),
  kind: repeatable(z.enum(["a", "b"])),
});

describe("parseStrictly", () => {
  it("gives what the schema reads where all fields are known", () => {
    expect(parseStrictly(PageQuery, { page: "2" })).toEqual({ page: 2, pageSize: 50 });
    expect(parseStrictly(nested, { kind: "a", box: { x: 1 } })).toEqual({
      kind: ["a"],
      box: { x: 1 },
      list: [],
    });
    expect(parseStrictly(optionalBody(nested), undefined)).toEqual({ list: [] });
  });

  it("names unknown fields wherever they are, beside wrong ones", () => {
    expect(complaints(PageQuery, { pagesize: "2" })).toEqual(["pagesize"]);
    expect(complaints(nested, { box: { x: 1, y: 2 }, list: [{ a: "b", c: 1 }], kind: "c" })).toEqual([
      "box.y",
      "list.0.c",
      "kind.0",
    ]);
    expect(complaints(optionalBody(z.object({ queue: z.boolean() })), { queue: 1, Queue: true })).toEqual([
      "Queue",
      "queue",
    ]);
    expect(complaints(z.object({ a: z.string() }).partial().strict(), { b: 1 })).toEqual(["b"]);
  });

  it("takes any field where a schema does, and the fields of any of several shapes", () => {
    expect(complaints(z.looseObject({ a: z.string() }), { a: "", b: 1 })).toEqual([]);
    expect(complaints(z.record(z.string(), z.number()), { b: 1 })).toEqual([]);
    const either = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
    expect(complaints(either, { b: "" })).toEqual([]);
    expect(complaints(either, { b: "", c: 1 })).toEqual(["c"]);
  });

  it("is not fooled by names that every object has", () => {
    expect(complaints(PageQuery, JSON.parse('{"constructor":1,"toString":2,"__proto__":3}'))).toEqual([
      "constructor",
      "toString",
      "__proto__",
    ]);
  });
});
