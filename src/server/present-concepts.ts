import type { ChangedConcept, Concept } from "../api/concepts.ts";
import type { ChangedConcept as Changed, Concepts } from "../engine/concepts/concepts.ts";

/** A concept in the words of the HTTP API. */
export function toConcept(concept: Awaited<ReturnType<Concepts["get"]>>): Concept {
  const { id, kind, name, examples, counterexamples, photos, modelId } = concept;
  return {
    id,
    kind,
    name,
    state: modelId !== undefined ? "ready" : examples === 0 ? "needs-examples" : "needs-model",
    examples,
    counterexamples,
    photos,
    representativePhotoId: concept.representativePhotoId ?? null,
    modelId: modelId ?? null,
    createdAt: new Date(concept.createdAt).toISOString(),
    updatedAt: new Date(concept.updatedAt).toISOString(),
  };
}

/** A concept after a change, with the decision that undoes it. */
export function toChangedConcept({ concept, decisionId, trainedMs }: Changed): ChangedConcept {
  return {
    ...toConcept(concept),
    decisionId,
    trainedMs: trainedMs === undefined ? null : Math.round(trainedMs * 100) / 100,
  };
}
