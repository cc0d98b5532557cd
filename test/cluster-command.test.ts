import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNumpyFile } from "./numpy-file.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

let folder: string;
let matrix: string;

/** Two groups of six directions and one stray: angles in degrees. */
const ANGLES = [0, 1, 2, 3, 4, 5, 225, 90, 91, 92, 93, 94, 95];
const TRUTH = [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-cluster-"));
  matrix = join(folder, "matrix.npy");
  const radians = ANGLES.map((angle) => (angle * Math.PI) / 180);
  const numbers = radians.flatMap((angle) => [3 * Math.cos(angle), 3 * Math.sin(angle)]);
  await writeFile(matrix, createNumpyFile(numbers, [ANGLES.length, 2]));
  await writeFile(join(folder, "truth.npy"), createNumpyFile(TRUTH, [ANGLES.length]));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...args: string[]) {
  return new Promise<{ code: number; output: string; remarks: string }>((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", PROGRAM, "cluster", ...args],
      { cwd: folder },
      (error, output, remarks) => resolve({ code: Number(error?.code ?? 0), output, remarks }),
    );
  });
}

describe("keepsight cluster", () => {
  it("prints labels and probabilities as JSON", async () => {
    const { output } = await run(matrix, "--method", "hdbscan", "--metric", "cosine", "--json");
    const result = JSON.parse(output) as Record<string, unknown>;
    expect(result).toMatchObject({ method: "hdbscan", points: 13, dimensions: 2, clusters: 2, noise: 1 });
    expect(result["labels"]).toEqual(TRUTH.map((group) => [0, -1, 1][group]));
    const probabilities = result["probabilities"] as number[];
    expect(probabilities[6]).toBe(0);
    expect(Math.max(...probabilities)).toBe(1);
  });

  it.each([
    ["dbscan", "--epsilon", "0.01"],
    ["agglomerative", "--threshold", "0.1"],
    ["whispers", "--threshold", "0.1"],
    ["kmeans", "--clusters", "3"],
    ["hdbscan", "--adopt", "0.99"],
  ])("finds the groups by %s %s %s and says how well", async (method, ...options) => {
    const truth = join(folder, "truth.npy");
    const { output, remarks } = await run(matrix, "--method", method, ...options, "--labels", truth);
    expect(remarks).toBe("");
    expect(output).toMatch(/bcubed +F 1\.0000 +precision 1\.0000 +recall 1\.0000/);
  });

  it("ends with the reason for what it cannot do", async () => {
    await writeFile(join(folder, "nan.npy"), createNumpyFile([1, Number.NaN], [1, 2]));
    await writeFile(join(folder, "short.npy"), createNumpyFile([1, 2], [2]));
    const cases = [
      [["nowhere.npy"], 1, /no file nowhere\.npy/],
      [["nan.npy"], 1, /Row 0/],
      [["short.npy"], 1, /shape \(2\)/],
      [[matrix, "--labels", "short.npy"], 1, /each of the 13 rows/],
      [[matrix, "--metric", "euclidean", "--merge", "0.5"], 1, /cosine/],
      [[matrix, "--min-cluster-size", "two"], 64, /expected a number/],
      [[matrix, "--method", "guess"], 64, /Allowed choices/],
    ] as const;
    for (const [args, code, message] of cases) {
      const ended = await run(...args);
      expect(ended.code, args.join(" ")).toBe(code);
      expect(ended.remarks).toMatch(message);
      expect(ended.output).toBe("");
    }
  });
});
