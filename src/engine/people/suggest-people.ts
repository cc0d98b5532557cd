import type { FaceStore } from "../../database/people/face-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { ASK_STRENGTH, type Recogniser, similarityOf } from "./face-clustering.ts";
import type { KnownPersons } from "./known-persons.ts";
import { matchPersons } from "../../cluster/match-persons.ts";

/** Clusters looked at for one answer: the largest; and faces shown and compared of each. */
const CLUSTERS = 200;

/** Faces shown with a question. */
const SAMPLES = 5;

/** A question to a human, with how many faces its answer settles. */
export type Suggestion =
  /** Are these faces, which nobody named, this person? Yes: assign them. No: reject them. */
  | {
      readonly kind: "cluster-is-person";
      readonly clusterId: string;
      readonly personId: string;
      readonly personName: string;
      readonly score: number;
      readonly faceCount: number;
      readonly sampleFaceIds: readonly number[];
    }
  /** Are these two one person? Yes: merge them. No: distinguish them. */
  | {
      readonly kind: "same-person";
      readonly personIds: readonly [string, string];
      readonly personNames: readonly [string, string];
      readonly score: number;
      readonly faceCount: number;
    }
  /** An algorithm took these faces for the person; the least sure first. Yes: assign. No: reject. */
  | {
      readonly kind: "confirm-faces";
      readonly personId: string;
      readonly personName: string;
      readonly score: number;
      readonly faceCount: number;
      readonly sampleFaceIds: readonly number[];
    };

export interface SuggestionsOptions {
  readonly faces: FaceStore;
  readonly persons: PersonStore;
  readonly known: KnownPersons;
  readonly recogniser: () => Promise<Recogniser>;
}

/** Questions whose answers settle most: many faces, and likely enough that the answer is yes. */
export function createPeopleSuggestions({ faces, persons, known, recogniser }: SuggestionsOptions) {
  async function clustersOfPersons(
    model: Recogniser,
    names: ReadonlyMap<string, string>,
  ): Promise<Suggestion[]> {
    const prototypes = await known.prototypes(model.modelId);
    const clusters = await faces.clusters({ includeLabeled: false, limit: CLUSTERS, offset: 0 });
    const samples = clusters.items.flatMap(({ sampleFaceIds }) => sampleFaceIds);
    const found = await faces.embedded({ modelId: model.modelId, faceIds: samples, isUnassigned: true });
    if (found.dimensions !== prototypes.dimensions) return [];
    const minScore = similarityOf(model, ASK_STRENGTH);
    const matches = matchPersons(found.embeddings, prototypes, minScore);
    const byFace = new Map(found.faceIds.map((id, i) => [id, matches[i]!]));
    const rejections = await faces.rejections(samples);
    return clusters.items.flatMap(({ clusterId, faceCount, sampleFaceIds }): Suggestion[] => {
      const best = sampleFaceIds
        .flatMap((id) => (byFace.get(id) ?? []).filter(({ personId }) => !rejections.get(id)?.has(personId)))
        .toSorted((a, b) => b.score - a.score)[0];
      if (best === undefined) return [];
      const personName = names.get(best.personId);
      if (personName === undefined) return [];
      return [{ kind: "cluster-is-person", clusterId, ...best, personName, faceCount, sampleFaceIds }];
    });
  }

  async function samePersons(
    model: Recogniser,
    names: ReadonlyMap<string, string>,
    counts: ReadonlyMap<string, number>,
  ): Promise<Suggestion[]> {
    const prototypes = await known.prototypes(model.modelId);
    const told = new Set((await persons.distinctPairs()).flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
    const alike = matchPersons(prototypes.embeddings, prototypes, model.matchThreshold);
    const best = new Map<string, { pair: readonly [string, string]; score: number }>();
    for (const [i, matches] of alike.entries()) {
      const self = prototypes.personIds[i]!;
      for (const { personId, score } of matches) {
        if (personId === self || told.has(`${self} ${personId}`)) continue;
        const pair = self < personId ? ([self, personId] as const) : ([personId, self] as const);
        const key = pair.join(" ");
        if (score > (best.get(key)?.score ?? -1)) best.set(key, { pair, score });
      }
    }
    return [...best.values()].flatMap(({ pair: [a, b], score }): Suggestion[] => {
      const [nameA, nameB] = [names.get(a), names.get(b)];
      if (nameA === undefined || nameB === undefined) return [];
      const faceCount = Math.min(counts.get(a) ?? 0, counts.get(b) ?? 0);
      return [{ kind: "same-person", personIds: [a, b], personNames: [nameA, nameB], score, faceCount }];
    });
  }

  async function unconfirmed(names: ReadonlyMap<string, string>): Promise<Suggestion[]> {
    const open = await faces.unconfirmed(SAMPLES);
    return open.flatMap(({ personId, faceCount, score, sampleFaceIds }): Suggestion[] => {
      const personName = names.get(personId);
      if (personName === undefined) return [];
      return [{ kind: "confirm-faces", personId, personName, score, faceCount, sampleFaceIds }];
    });
  }

  /** The questions of the whole library, or those that concern one person; most settling first. */
  return async function suggest(limit: number, personId?: string): Promise<readonly Suggestion[]> {
    const model = await recogniser();
    const everybody = await persons.names();
    const names = new Map(everybody.map(({ id, name }) => [id, name]));
    const counts = new Map(everybody.map(({ id, faceCount }) => [id, faceCount]));
    const questions = [
      ...(await clustersOfPersons(model, names)),
      ...(await samePersons(model, names, counts)),
      ...(await unconfirmed(names)),
    ];
    return questions
      .filter((question) => personId === undefined || concerns(question, personId))
      .toSorted((a, b) => worth(b) - worth(a) || a.kind.localeCompare(b.kind))
      .slice(0, limit);
  };
}

function concerns(question: Suggestion, personId: string): boolean {
  return question.kind === "same-person"
    ? question.personIds.includes(personId)
    : question.personId === personId;
}

/** Faces settled, weighted by how likely a yes is; confirming what holds anyway settles less. */
function worth({ kind, faceCount, score }: Suggestion): number {
  return faceCount * score * (kind === "confirm-faces" ? 0.2 : 1);
}
