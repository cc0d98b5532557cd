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

const PLAIN = { mend: false };
const MENDED = { mend: true };
const LETTERS = ["", "a", "b", "c", "d", "汉", " "];

/** A matrix that spells `path`, one step a character and "_" for a blank, with the given probabilities of a space. */
function lineOf(path: string, spaces: Readonly<Record<number, number>>): Float32Array {
  const rows = Array.from(path, (character, step) => {
    const row = new Float32Array(LETTERS.length);
    row[character === "_" ? 0 : LETTERS.indexOf(character)] = 0.6;
    if (spaces[step] !== undefined) row[LETTERS.length - 1] = spaces[step];
    return row;
  });
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

describe("ctcDecode", () => {
  it("joins repeats, drops blanks and averages the first step of each character", () => {
    const path = { argmax: [1, 1, 0, 1, 2], maxprob: [0.5, 0.9, 0.9, 0.7, 0.6], text: "aab", conf: 0.6 };
    const line = ctcDecode(matrixOf(path, 3), ["", "a", "b"], PLAIN);
    expect(line.text).toBe("aab");
    expect(line.score).toBeCloseTo(0.6, 6);
  });

  it("says nothing with score 0 where every step is blank", () => {
    expect(ctcDecode(Float32Array.of(0.9, 0.1, 0.8, 0.2), ["", "a"], PLAIN)).toEqual({ text: "", score: 0 });
  });

  it("mends a space that a blank hides between characters that stand wide apart", () => {
    expect(ctcDecode(lineOf("ab__cd", { 3: 0.05 }), LETTERS, MENDED).text).toBe("ab cd");
    expect(ctcDecode(lineOf("ab__cd", { 3: 0.05 }), LETTERS, PLAIN).text).toBe("abcd");
    expect(ctcDecode(lineOf("a_b_c_d", { 3: 0.05 }), LETTERS, MENDED).text).toBe("abcd");
    expect(ctcDecode(lineOf("汉_汉_汉____汉", { 6: 0.05 }), LETTERS, MENDED).text).toBe("汉汉汉汉");
  });

  it("is slower to believe in hidden spaces where the model writes others", () => {
    expect(ctcDecode(lineOf("a bcd__a", { 5: 0.05 }), LETTERS, MENDED).text).toBe("a bcda");
    expect(ctcDecode(lineOf("a bcd__a", { 5: 0.3 }), LETTERS, MENDED).text).toBe("a bcd a");
  });

  it.skipIf(!isHere).each([...vectors.paths, ...vectors.matrices])("reads $text", (path) => {
    const { characters } = vectors;
    const line = ctcDecode(matrixOf(path, characters.length), characters, PLAIN);
    expect(line.text).toBe(path.text);
    expect(Math.abs(line.score - path.conf)).toBeLessThanOrEqual(1e-4);
  });

  it.skipIf(!isHere).each([0, 1])("reads the recorded matrix %i of a model", (index) => {
    const { data, shape } = readSharedNumpy(`conformance/ocr/ctc0${index}.npy`);
    const expected = vectors.matrices[index]!;
    expect(shape).toEqual([expected.T, vectors.characters.length]);
    const line = ctcDecode(data, vectors.characters, PLAIN);
    expect(line.text).toBe(expected.text);
    expect(Math.abs(line.score - expected.conf)).toBeLessThanOrEqual(1e-4);
  });
});
