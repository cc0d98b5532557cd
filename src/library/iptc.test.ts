import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readIptc } from "./iptc.ts";

function dataSet(set: number, text: string): Buffer {
  const value = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x1c, 2, set, value.length >> 8, value.length & 255]), value]);
}

const BLOCK = Buffer.concat([
  Buffer.from("Photoshop 3.0\u00008BIM\u0004\u0004\0\0\0\0\0\u0050", "latin1"),
  dataSet(5, "Regatta"),
  dataSet(25, "boats"),
  dataSet(25, "Zürich"),
  dataSet(55, "20231005"),
  dataSet(60, "180459+0200"),
  dataSet(120, "Boats on the lake"),
]);

describe("readIptc", () => {
  it("reads caption, keywords and date inside Photoshop's resource block", () => {
    expect(readIptc(BLOCK)).toEqual({
      title: "Regatta",
      description: "Boats on the lake",
      keywords: ["boats", "Zürich"],
      dateCreated: { local: "2023-10-05T18:04:59", offsetMinutes: 120 },
    });
  });

  it("gives no date for a day or a time alone", () => {
    expect(readIptc(dataSet(55, "20231005"))).toEqual({ keywords: [] });
    expect(readIptc(dataSet(60, "180459+0200"))).toEqual({ keywords: [] });
  });

  it("never throws on damaged blocks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(BLOCK.length), (tail, end) => {
        const damaged = Buffer.concat([BLOCK.subarray(0, end), tail]);
        expect(readIptc(damaged).keywords).toBeInstanceOf(Array);
      }),
    );
  });
});
