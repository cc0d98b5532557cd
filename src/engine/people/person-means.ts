import type { PersonPrototypes } from "../../cluster/match-persons.ts";
import { normalizeInPlace } from "../../math/vector.ts";

/**
 * Each person as the normalised mean of the prototypes: one row a person, so that persons can be compared with each other
 * and with clusters in a fraction of the time that all prototypes take. Prototypes of a person stand together.
 */
export function meanOfPersons({ personIds, embeddings, dimensions }: PersonPrototypes): PersonPrototypes {
  const distinct = personIds.filter((personId, i) => personId !== personIds[i - 1]);
  const means = new Float32Array(distinct.length * dimensions);
  for (let i = 0, person = -1; i < personIds.length; i++) {
    if (personIds[i] !== personIds[i - 1]) person++;
    for (let k = 0; k < dimensions; k++) means[person * dimensions + k]! += embeddings[i * dimensions + k]!;
  }
  for (let start = 0; start < means.length; start += dimensions)
    normalizeInPlace(means.subarray(start, start + dimensions));
  return { personIds: distinct, embeddings: means, dimensions };
}
