import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import type { LineRecognizer, RecognizedLine } from "./line-recognizer.ts";
import {
  affordableLines,
  createLineCropper,
  LENGTH_BUDGET,
  readBoxes,
  readUnsureAgain,
  stretchQuad,
} from "./read-lines.ts";

const IMAGE = { data: new Uint8Array(100 * 40 * 3), width: 100, height: 40 };
const QUAD: Quad = [10, 10, 90, 10, 90, 30, 10, 30];

function answer(text: string, score: number, reliability = score): RecognizedLine {
  return { text, score, reliability };
}

/** A recogniser that gives these answers, one call after the other, and the last for ever. */
function answering(...answers: readonly RecognizedLine[]): LineRecognizer & { readonly asked: number[] } {
  const asked: number[] = [];
  let next = 0;
  return {
    asked,
    async recognize(lines) {
      asked.push(lines.length);
      return lines.map(() => answers[Math.min(next++, answers.length - 1)]!);
    },
  };
}

async function read(...recognizers: readonly [LineRecognizer, ...LineRecognizer[]]): Promise<string> {
  const page = { cropLine: createLineCropper(IMAGE), turn: { isUpsideDown: false, isUpwards: false } };
  const [box] = await readUnsureAgain(page, await readBoxes(page, [QUAD], recognizers[0]), recognizers);
  return box!.line.text;
}

describe("readUnsureAgain", () => {
  it("reads a sure line once", async () => {
    const recognizer = answering(answer("TEST", 0.98));
    expect(await read(recognizer)).toBe("TEST");
    expect(recognizer.asked).toEqual([1, 0, 0]);
  });

  it("takes a further reading of an unsure line when it is surer", async () => {
    expect(await read(answering(answer("TE5T", 0.8), answer("TEST", 0.95)))).toBe("TEST");
  });

  it("keeps the first reading where others are hardly surer, or sure of a fragment only", async () => {
    for (const second of [answer("TE5T", 0.81), answer("T", 0.99)]) {
      expect(await read(answering(answer("TEST", 0.8), second))).toBe("TEST");
    }
  });

  it("asks another recogniser only where the first is unsure, and compares by how reliable each is", async () => {
    const cyrillic = answering(answer("Время", 0.9, 0.9));
    expect(await read(answering(answer("Bpemr", 0.9, 0.5)), cyrillic)).toBe("Время");
    expect(await read(answering(answer("Bpemr", 0.9, 0.95)), answering(answer("Время", 0.94, 0.6)))).toBe(
      "Bpemr",
    );
    const unasked = answering(answer("Время", 0.99));
    expect(await read(answering(answer("SALE", 0.99)), unasked)).toBe("SALE");
    expect(unasked.asked).toEqual([0, 0]);
  });

  it("reads no more of a page of small print again than its budget allows, the shortest lines first", async () => {
    const lineOf = (width: number): Quad => [0, 0, width, 0, width, 1, 0, 1];
    const quads = [...Array.from({ length: 9 }, () => lineOf(90)), lineOf(30)];
    const recognizer = answering(answer("small print", 0.9));
    const page = { cropLine: createLineCropper(IMAGE), turn: { isUpsideDown: false, isUpwards: false } };
    await readUnsureAgain(page, await readBoxes(page, quads, recognizer), [recognizer]);
    expect(LENGTH_BUDGET).toBe(400);
    expect(recognizer.asked).toEqual([10, 5, 5]);
  });
});

describe("affordableLines", () => {
  const lineAt = (top: number, height: number, length: number): Quad => {
    const bottom = top + height;
    return [0, top, length * height, top, length * height, bottom, 0, bottom];
  };

  it("keeps all lines of a page, in their order", () => {
    const page = Array.from({ length: 80 }, (_, i) => lineAt(i * 20, 10 + (i % 3), 24));
    expect(affordableLines(page)).toEqual(page);
  });

  it("keeps the larger print of a newspaper", () => {
    const print = Array.from({ length: 500 }, (_, i) => lineAt(40 + i * 10, 8, 24));
    const headline = lineAt(6000, 30, 20);
    const kept = affordableLines([...print, headline]);
    expect(kept).toEqual([...print.slice(0, 124), headline]);
  });
});

describe("stretchQuad", () => {
  it("moves the ends and the sides of a line by parts of its height", () => {
    expect(stretchQuad(QUAD, { along: 0.5, across: -0.25 })).toEqual([0, 15, 100, 15, 100, 25, 0, 25]);
  });

  it("knows the ends of a tall line", () => {
    const tall: Quad = [10, 10, 20, 10, 20, 60, 10, 60];
    expect(stretchQuad(tall, { along: 0.5, across: 0 })).toEqual([10, 5, 20, 5, 20, 65, 10, 65]);
  });
});

describe("createLineCropper", () => {
  it("gives the same pixels for the same corners", () => {
    const cropLine = createLineCropper(IMAGE);
    expect(cropLine([...QUAD])).toBe(cropLine(QUAD));
    expect(cropLine([10, 10, 50, 10, 50, 30, 10, 30]).width).toBe(40);
  });
});
