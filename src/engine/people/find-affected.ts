import type { FaceStore } from "../../database/people/face-store.ts";
import type { FaceVectors } from "./face-vectors.ts";
import type { KnownPersons } from "./known-persons.ts";

/** More faces than anybody has. */
const ALL_FACES = 50_000;

/** What a decision changed for those who compare faces. */
export interface PeopleChange {
  /** Persons who look different from before, came or went. */
  readonly remodelled: readonly string[];
  /** Photos in which somebody is somebody else now. */
  readonly photoIds: readonly number[];
}

/**
 * Photos in which faces may be taken for somebody else after a change: those that look like the changed persons or were taken for
 * them, and those in which something changed. So naming somebody costs a few searches, not a look at every face.
 */
export function createAffectedPhotos(options: {
  readonly faces: Pick<FaceStore, "photosOfFaces">;
  readonly known: KnownPersons;
  readonly vectors: Pick<FaceVectors, "search">;
}) {
  const { faces, known, vectors } = options;
  return async function findAffected(
    modelId: string,
    { remodelled, photoIds }: PeopleChange,
    minSimilarity: number,
  ): Promise<readonly number[]> {
    const changed = new Set(remodelled);
    const { personIds, embeddings, dimensions } = await known.prototypes(modelId);
    const queries = personIds.flatMap((personId, i) =>
      changed.has(personId) ? [embeddings.slice(i * dimensions, (i + 1) * dimensions)] : [],
    );
    const alike =
      queries.length === 0 ? [] : await vectors.search(modelId, queries, { limit: ALL_FACES, minSimilarity });
    const found = await faces.photosOfFaces(
      alike.map(({ id }) => id),
      remodelled,
    );
    return [...new Set([...photoIds, ...found])].toSorted((a, b) => a - b);
  };
}
export type FindAffected = ReturnType<typeof createAffectedPhotos>;
