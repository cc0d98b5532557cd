import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import type { DecodedLine } from "./ctc-decode.ts";
import type { LineRecognizer } from "./line-recognizer.ts";
import { readLines, stretchQuad } from "./read-lines.ts";

const IMAGE = { data: new Uint8Array(100 * 40 * 3), width: 100, height: 40 };
const QUAD: Quad = [10, 10, 90, 10, 90, 30, 10, 30];

/** A recogniser that gives these answers, one call after the other. */
function answering(...answers: readonly DecodedLine[]): LineRecognizer & { readonly asked: number[] } {
  const asked: number[] = [];
  let next = 0;
  return {
    asked,
    async recognize(lines) {
      asked.push(lines.length);
      return lines.map(() => answers[next++]!);
    },
  };
}

function read(recognizer: LineRecognizer): Promise<DecodedLine[]> {
  return readLines({ image: IMAGE, quads: [QUAD], lines: [IMAGE], isTurned: false }, recognizer);
}

describe("readLines", () => {
  it("reads a sure line once", async () => {
    const recognizer = answering({ text: "TEST", score: 0.98 });
    expect(await read(recognizer)).toEqual([{ text: "TEST", score: 0.98 }]);
    expect(recognizer.asked).toEqual([1, 0]);
  });

  it("takes the second reading of an unsure line when it is surer", async () => {
    const recognizer = answering({ text: "TE5T", score: 0.8 }, { text: "TEST", score: 0.95 });
    expect(await read(recognizer)).toEqual([{ text: "TEST", score: 0.95 }]);
  });

  it("keeps the first reading where the second is hardly surer, or sure of a fragment only", async () => {
    const first = { text: "TEST", score: 0.8 };
    for (const second of [
      { text: "TE5T", score: 0.82 },
      { text: "T", score: 0.99 },
    ]) {
      expect(await read(answering(first, second))).toEqual([first]);
    }
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
