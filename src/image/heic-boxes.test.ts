import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasContainerRotation, isCutOff } from "./heic-boxes.ts";

function box(type: string, content: string, statedSize?: number): Buffer {
  const bytes = Buffer.from(`    ${type}${content}`, "latin1");
  bytes.writeUInt32BE(statedSize ?? bytes.length);
  return bytes;
}

const file = (...boxes: readonly Buffer[]) => Buffer.concat([box("ftyp", "heicmif1"), ...boxes]);

describe("isCutOff", () => {
  it("compares what the last box states with what is there", () => {
    const whole = file(box("meta", "...."), box("mdat", "12345678"));
    expect(isCutOff(whole)).toBe(false);
    expect(isCutOff(whole.subarray(0, -1))).toBe(true);
  });

  it("accepts a last box that runs to the end of the file", () => {
    expect(isCutOff(file(box("mdat", "12345678", 0)))).toBe(false);
  });
});

describe("hasContainerRotation", () => {
  it("looks for rotation and mirroring in the metadata only", () => {
    expect(hasContainerRotation(file(box("meta", "iprp....irot\u0001"), box("mdat", "")))).toBe(true);
    expect(hasContainerRotation(file(box("meta", "iprp....imir\u0001"), box("mdat", "")))).toBe(true);
    expect(hasContainerRotation(file(box("meta", "iprp"), box("mdat", "irot")))).toBe(false);
    expect(hasContainerRotation(file(box("mdat", "irot")))).toBe(false);
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect([isCutOff(bytes), hasContainerRotation(bytes)]).toHaveLength(2);
      }),
    );
  });
});
