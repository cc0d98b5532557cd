import { describe, expect, it } from "vitest";
import { hasShared, readSharedJson, readSharedNumpy } from "../../../test/shared-files.ts";
import { ctcDecode } from "./ctc-decode.ts";

const DATA = "conformance/ocr/ctc.json";
const isHere = hasShared("CTC decoding against the reference", DATA);
interface Path {
  readonly path?: string;
  readonly T?: number;
  readonly argmax: readonly number[];
  readonly maxprob: readonly number[];
  readonly text: string;
  readonly conf: number;
}
const vectors = isHere
  ? readSharedJson<{ characters: string[]; paths: Path[]; matrices: Path[] }>(DATA)
  : { characters: [], paths: [], matrices: [] };

/** A matrix whose best class and its probability are as given at each step. */
function matrixOf(path: Path, classes: number): Float32Array {
  const data = new Float32Array(path.argmax.length * classes);
  for (const [step, best] of path.argmax.entries()) data[step * classes + best] = path.maxprob[step]!;
  return data;
}

describe("ctcDecode", () => {
  it("joins repeats, drops blanks and averages the first step of each character", () => {
    const path = { argmax: [1, 1, 0, 1, 2], maxprob: [0.5, 0.9, 0.9, 0.7, 0.6], text: "aab", conf: 0.6 };
    const line = ctcDecode(matrixOf(path, 3), ["", "a", "b"]);
    expect(line.text).toBe("aab");
    expect(line.score).toBeCloseTo(0.6, 6);
  });

  it("says nothing with score 0 where every step is blank", () => {
    expect(ctcDecode(Float32Array.of(0.9, 0.1, 0.8, 0.2), ["", "a"])).toEqual({ text: "", score: 0 });
  });

  it("reads a space where a blank hides one, once, only when asked to", () => {
    const steps = Float32Array.of(0, 1, 0, 0.8, 0, 0.2, 0.9, 0, 0.1, 0, 1, 0);
    const characters = ["", "a", " "];
    expect(ctcDecode(steps, characters).text).toBe("aa");
    expect(ctcDecode(steps, characters, 0.1)).toEqual({ text: "a a", score: 1 });
    expect(ctcDecode(steps, ["", "汉", " "], 0.1).text).toBe("汉汉");
  });

  it.skipIf(!isHere).each([...vectors.paths, ...vectors.matrices])("reads $text", (path) => {
    const { characters } = vectors;
    const line = ctcDecode(matrixOf(path, characters.length), characters);
    expect(line.text).toBe(path.text);
    expect(Math.abs(line.score - path.conf)).toBeLessThanOrEqual(1e-4);
  });

  it.skipIf(!isHere)("reads a recorded matrix of a model", () => {
    const { data, shape } = readSharedNumpy("conformance/ocr/ctc00.npy");
    const expected = vectors.matrices[0]!;
    expect(shape.at(-1)).toBe(vectors.characters.length);
    expect(ctcDecode(data, vectors.characters).text).toBe(expected.text);
  });
});
