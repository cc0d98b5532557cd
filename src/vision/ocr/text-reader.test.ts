import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it, test } from "vitest";
import { hasShared, readSharedImage, sharedPath } from "../../../test/shared-files.ts";
import {
  loadRecognition,
  loadTextModels,
  loadTextReader,
  PP_OCR_V4,
  PP_OCR_V6,
} from "../../../test/text-readers.ts";
import { turnQuarter } from "./line-crop.ts";
import { createTextReader, type TextReader } from "./text-reader.ts";

const PHOTOS = "photos/text";
const readers = [
  { name: "PP-OCRv4", files: PP_OCR_V4, isHere: hasShared("reading photos with PP-OCRv4", PHOTOS) },
  {
    name: "PP-OCRv6 tiny",
    files: PP_OCR_V6,
    isHere: hasShared("reading photos with PP-OCRv6 tiny", PHOTOS, "models/ocr"),
  },
];

describe.each(readers)("createTextReader with $name", ({ files, isHere }) => {
  let reader: TextReader;
  beforeAll(async () => {
    if (existsSync(files.detection)) reader = await loadTextReader(files);
  });

  test.skipIf(!isHere).each([
    { photo: "issue_170.png", text: ["TEST"] },
    { photo: "text_rec.jpg", text: ["韩国小馆"] },
    { photo: "text_cls.jpg", text: ["怪我咯"] },
    { photo: "img_exif_orientation.jpg", text: ["我是中国人"] },
    { photo: "black_font_color_transparent.png", text: ["我是中国人"] },
    { photo: "img_11.jpg", text: ["BEWARE OF", "MAINTENANCE", "VEHICLES"] },
    { photo: "empty_black.jpg", text: [] },
    { photo: "arabic.png", text: [] },
    { photo: "cyrillic.png", text: [] },
  ])("reads $photo as $text", async ({ photo, text }) => {
    const lines = await reader.read(await readSharedImage(`${PHOTOS}/${photo}`));
    expect(lines.map((line) => line.text)).toEqual(text);
  });

  test.skipIf(!isHere)("begins with the first line of a poster", async () => {
    const lines = await reader.read(await readSharedImage(`${PHOTOS}/ch_en_num.jpg`));
    expect(
      lines
        .slice(0, 3)
        .map((line) => line.text)
        .join(""),
    ).toBe("正品促销大桶装更划算强力去污符合国标");
  });

  test.skipIf(!isHere).each([
    { turned: "to the right", quarters: 3 },
    { turned: "upside down", quarters: 2 },
    { turned: "to the left", quarters: 1 },
  ])("reads a page turned $turned line by line", async ({ quarters }) => {
    let page = await readSharedImage(`${PHOTOS}/img_12.jpg`);
    for (let i = 0; i < quarters; i++) page = turnQuarter(page);
    const lines = (await reader.read(page)).map((line) => line.text);
    expect(lines.slice(0, 2)).toEqual(["ACKNOWLEDGEMENTS", "We would like to thank all the designers and"]);
    expect(lines.at(-1)).toBe("thank you for your continuous support.");
  });

  test.skipIf(!isHere)("says where a line begins, also on a page that stands on its head", async () => {
    const [line] = await reader.read(await readSharedImage(`${PHOTOS}/text_cls.jpg`));
    const [x1, y1, , , x3, y3] = line!.normalizedQuad;
    expect(x1).toBeGreaterThan(x3);
    expect(y1).toBeGreaterThan(y3);
    for (const fraction of line!.normalizedQuad) {
      expect(fraction).toBeGreaterThanOrEqual(0);
      expect(fraction).toBeLessThanOrEqual(1);
    }
  });
});

describe("createTextReader", () => {
  it("asks a second recogniser for the lines that the first cannot read", async () => {
    const photo = `${PHOTOS}/text_rec.jpg`;
    if (!existsSync(sharedPath(photo)) || !existsSync(PP_OCR_V6.recognition)) return;
    const [v4, v6] = await Promise.all([PP_OCR_V4, PP_OCR_V6].map(loadRecognition));
    // A recogniser that knows no Chinese: its classes for Han characters mean nothing.
    const latinOnly = {
      ...v6!,
      characters: v6!.characters.map((character) => (/\p{Script=Han}/u.test(character) ? "" : character)),
    };
    const models = await loadTextModels(PP_OCR_V4);
    const image = await readSharedImage(photo);
    const alone = createTextReader({ ...models, recognition: [latinOnly] });
    expect((await alone.read(image)).map((line) => line.text)).not.toContain("韩国小馆");
    const both = createTextReader({ ...models, recognition: [latinOnly, v4!] });
    expect((await both.read(image)).map((line) => line.text)).toEqual(["韩国小馆"]);
  });

  it("tells by reading whether a page stands on its head where no model judges it", async () => {
    const photo = `${PHOTOS}/text_cls.jpg`;
    if (!existsSync(sharedPath(photo))) return;
    const { orientation: _, ...models } = await loadTextModels(PP_OCR_V4);
    const lines = await createTextReader(models).read(await readSharedImage(photo));
    expect(lines.map((line) => line.text)).toEqual(["怪我咯"]);
  });

  it("finds no text in a plain image of a single pixel or a thin strip", async () => {
    const reader = await loadTextReader(PP_OCR_V4);
    for (const [width, height] of [
      [1, 1],
      [500, 1],
      [1, 500],
    ] as const) {
      const data = new Uint8Array(width * height * 3).fill(128);
      expect(await reader.read({ data, width, height })).toEqual([]);
    }
  });

  it("says that a character list belongs to another recogniser", async () => {
    const photo = sharedPath(`${PHOTOS}/issue_170.png`);
    if (!existsSync(photo) || !existsSync(PP_OCR_V6.recognition)) return;
    const reader = await loadTextReader({ ...PP_OCR_V4, characters: PP_OCR_V6.characters });
    await expect(reader.read(await readSharedImage(`${PHOTOS}/issue_170.png`))).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining("6904"),
    });
  });
});
