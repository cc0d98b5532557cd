import { KeepsightError } from "../../core/errors.ts";

/** What an import did. Importing the same again does nothing, and says so. */
export interface ImportedMade {
  /** Decisions that it took, each of which can be undone. */
  readonly decisions: number;
  readonly photosChanged: number;
  readonly facesNamed: number;
  /** Faces of which it is known now who they are not. */
  readonly facesRejected: number;
  readonly personsChanged: number;
  /** Made by hand or by algorithms. */
  readonly albumsChanged: number;
  readonly categoriesChanged: number;
  readonly searchesAdded: number;
  readonly conceptsChanged: number;
  /** Groups of copies that were settled, and photos told apart. */
  readonly duplicatesSettled: number;
  readonly foldersRemoved: number;
  /** Photos of the export that are not in this library. */
  readonly photosNotFound: readonly string[];
  /** What could not be taken over, and why. */
  readonly problems: readonly string[];
}

/** What was done so far. */
export type ImportCounts = {
  -readonly [Key in keyof ImportedMade]: ImportedMade[Key] extends number ? number : string[];
};

export function startCounts(): ImportCounts {
  return {
    decisions: 0,
    photosChanged: 0,
    facesNamed: 0,
    facesRejected: 0,
    personsChanged: 0,
    albumsChanged: 0,
    categoriesChanged: 0,
    searchesAdded: 0,
    conceptsChanged: 0,
    duplicatesSettled: 0,
    foldersRemoved: 0,
    photosNotFound: [],
    problems: [],
  };
}

/** Does a part of an import; what does not fit this library is noted, and the rest goes on. */
export async function orNoteProblem(
  what: string,
  { problems }: ImportCounts,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof KeepsightError)) throw error;
    problems.push(`${what}: ${error.message}`);
  }
}
