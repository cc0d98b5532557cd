import { describe, expect, it } from "vitest";
import { isOwnXmp, writeXmp } from "./write-xmp.ts";
import { readXmp } from "./xmp.ts";

const read = (text: string) => readXmp(Buffer.from(text));

describe("writeXmp", () => {
  it("says what is read again, whatever characters it holds", () => {
    const content = {
      rating: 4,
      title: 'Dusk & "dawn" <1>',
      description: "Über den Fjord 🚢",
      keywords: ["mer", "a&b"],
      faces: [{ name: 'Anna "A" Berg', normalizedBox: { x: 0.1, y: 0.2, width: 0.25, height: 0.5 } }],
      size: { width: 400, height: 300 },
    };
    const fields = read(writeXmp(content))!;
    expect(fields).toMatchObject({
      rating: 4,
      title: content.title,
      description: content.description,
      keywords: ["mer", "a&b"],
      regionsAppliedTo: content.size,
    });
    expect(fields.faceRegions[0]!.name).toBe('Anna "A" Berg');
    const { x, y, width, height } = fields.faceRegions[0]!.normalizedBox;
    expect([x, y, width, height].map((value) => Math.round(value * 1e5) / 1e5)).toEqual([
      0.1, 0.2, 0.25, 0.5,
    ]);
  });

  it("leaves out what nobody said, and what XML cannot hold", () => {
    const text = writeXmp({ keywords: ["a\u0000b"], faces: [] });
    expect(text).not.toMatch(/Rating|dc:title|Regions /);
    expect(read(text)).toMatchObject({ keywords: ["ab"] });
  });

  it("knows its own sidecars from those of others", () => {
    expect(isOwnXmp(writeXmp({ keywords: [], faces: [] }))).toBe(true);
    expect(isOwnXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">')).toBe(false);
  });
});
