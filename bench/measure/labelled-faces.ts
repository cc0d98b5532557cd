import { readFileSync } from "node:fs";

import { parseNpy } from "../../src/math/npy.ts";
import { normalizeInPlace } from "../../src/math/vector.ts";
import { sharedPath } from "../../test/shared-files.ts";

/** Folder of embeddings of faces whose people are known, below `../shared`. */
export const LABELLED_FACES = "conformance/face-clustering";

/** Labels from here on are of strangers, with one photo each. */
const FIRST_STRANGER = 1000;

/** Embeddings of faces by whose they are. */
export interface LabelledFaces {
  readonly dimensions: number;
  /** Rows of each person with several photos. */
  readonly people: ReadonlyMap<number, readonly number[]>;
  /** Rows of those with one photo. */
  readonly strangers: readonly number[];
  /** L2-normalised embeddings of these rows, one after the other. */
  select(rows: readonly number[]): Float32Array;
}

/** The labelled faces as a recogniser sees them (`mobilefacenet` or `dlib`). */
export function readLabelledFaces(recognizer: string): LabelledFaces {
  const { numbers, shape } = parseNpy(readFileSync(sharedPath(`${LABELLED_FACES}/${recognizer}.f16.npy`)));
  const labels = parseNpy(readFileSync(sharedPath(`${LABELLED_FACES}/labels.i16.npy`))).numbers;
  const dimensions = shape[1]!;
  const embeddings = Float32Array.from(numbers);
  for (let start = 0; start < embeddings.length; start += dimensions)
    normalizeInPlace(embeddings.subarray(start, start + dimensions));
  const rows = Array.from(labels, (_, row) => row);
  return {
    dimensions,
    people: Map.groupBy(
      rows.filter((row) => labels[row]! < FIRST_STRANGER),
      (row) => labels[row]!,
    ),
    strangers: rows.filter((row) => labels[row]! >= FIRST_STRANGER),
    select(chosen) {
      const selected = new Float32Array(chosen.length * dimensions);
      for (const [i, row] of chosen.entries())
        selected.set(embeddings.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
      return selected;
    },
  };
}
