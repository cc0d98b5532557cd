import { setImmediate } from "node:timers/promises";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { PrototypeMatrix } from "../../database/people/prototype-store.ts";
import { projectForward } from "../../learn/projection-head.ts";
import { type SimilarityCalibration, similarityAt, strengthAt } from "../../math/similarity-calibration.ts";
import { ASK_STRENGTH } from "./recogniser.ts";
import type { PersonMatch } from "../../cluster/match-persons.ts";
import type { TrainedHead } from "./trained-heads.ts";

/** Rows projected between two turns of the event loop: about 10 ms at 512 dimensions. */
const ROWS_AT_ONCE = 10;

/** A second opinion on whom faces look like. */
export interface MatchRefinement {
  /** Plain cosine similarity from which matches are wanted for it. */
  readonly minScore: number;
  refine(
    faces: EmbeddedFaces,
    prototypes: PrototypeMatrix,
    matches: readonly (readonly PersonMatch[])[],
  ): Promise<readonly (readonly PersonMatch[])[]>;
}

/**
 * The opinion of a trained head on the persons it was trained on, and on nobody else. It is asked only where the plain
 * embeddings already see a likeness, so that a stranger it has never seen cannot become somebody by it alone. Its scores
 * come as the plain similarities of the same strength, for one threshold to hold for all persons.
 */
export function createMatchRefinement(trained: TrainedHead, plain: SimilarityCalibration): MatchRefinement {
  const known = new Set(trained.personIds);
  const projected = new WeakMap<PrototypeMatrix, Promise<ReadonlyMap<string, readonly Float64Array[]>>>();

  async function projectRows(rows: readonly Float32Array[]): Promise<Float64Array[]> {
    const { inputSize, outputSize } = trained.head;
    const results: Float64Array[] = [];
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      const part = rows.slice(start, start + ROWS_AT_ONCE);
      const inputs = new Float32Array(part.length * inputSize);
      part.forEach((row, i) => inputs.set(row, i * inputSize));
      const { embeddings } = projectForward(trained.head, inputs);
      part.forEach((_, i) => results.push(embeddings.slice(i * outputSize, (i + 1) * outputSize)));
      await setImmediate();
    }
    return results;
  }

  /** The prototypes of the persons it knows, by person. */
  async function projectPrototypes({ personIds, embeddings, dimensions }: PrototypeMatrix) {
    const rows = personIds.map((_, i) => i).filter((i) => known.has(personIds[i]!));
    const results = await projectRows(
      rows.map((i) => embeddings.subarray(i * dimensions, (i + 1) * dimensions)),
    );
    const byPerson = Map.groupBy(
      results.map((embedding, at) => ({ embedding, personId: personIds[rows[at]!]! })),
      ({ personId }) => personId,
    );
    return new Map([...byPerson].map(([personId, own]) => [personId, own.map(({ embedding }) => embedding)]));
  }

  const toPlain = (similarity: number) => similarityAt(plain, strengthAt(trained.calibration, similarity));

  return {
    minScore: similarityAt(plain, ASK_STRENGTH),
    async refine(faces, prototypes, matches) {
      if (prototypes.dimensions !== trained.head.inputSize) return matches;
      let prototypesOfKnown = projected.get(prototypes);
      if (prototypesOfKnown === undefined) {
        prototypesOfKnown = projectPrototypes(prototypes);
        projected.set(prototypes, prototypesOfKnown);
      }
      const byPerson = await prototypesOfKnown;
      const rows = matches
        .map((_, i) => i)
        .filter((i) => matches[i]!.some(({ personId }) => known.has(personId)));
      const { embeddings, dimensions } = faces;
      const own = await projectRows(
        rows.map((i) => embeddings.subarray(i * dimensions, (i + 1) * dimensions)),
      );
      const refined = [...matches];
      rows.forEach((row, at) => {
        refined[row] = matches[row]!.map(({ personId, score }) => {
          const others = byPerson.get(personId);
          return { personId, score: others === undefined ? score : toPlain(bestOf(own[at]!, others)) };
        }).toSorted((a, b) => b.score - a.score || (a.personId < b.personId ? -1 : 1));
      });
      return refined;
    },
  };
}

function bestOf(embedding: Float64Array, others: readonly Float64Array[]): number {
  return Math.max(...others.map((other) => other.reduce((sum, value, k) => sum + value * embedding[k]!, 0)));
}
