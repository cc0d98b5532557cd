import type { FaceCluster, FaceStore } from "../../database/people/face-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { ASK_STRENGTH, type Recogniser, similarityOf } from "./face-clustering.ts";
import type { KnownPersons } from "./known-persons.ts";
import type { matchPersons, PersonPrototypes } from "../../cluster/match-persons.ts";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { PrototypeMatrix } from "../../database/people/prototype-store.ts";
import { meanOfPersons } from "./person-means.ts";

/** Clusters looked at for one answer: the largest; of each the faces that are shown are compared. */
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
  /** See matchPersons; in a thread, where others must not wait. */
  readonly compare: (
    ...task: Parameters<typeof matchPersons>
  ) => ReturnType<typeof matchPersons> | Promise<ReturnType<typeof matchPersons>>;
}

/** Two persons who look alike. */
interface Alike {
  readonly pair: readonly [string, string];
  readonly score: number;
}

/** Questions whose answers settle most: many faces, and likely enough that the answer is yes. */
export function createPeopleSuggestions(options: SuggestionsOptions) {
  const { faces, persons, known, recogniser, compare } = options;
  /** What follows from the prototypes alone, until they are others. */
  const means = new WeakMap<PrototypeMatrix, PersonPrototypes>();
  const alike = new WeakMap<PrototypeMatrix, Promise<readonly Alike[]>>();
  let clusterMeans: ReadonlyMap<string, Float32Array> = new Map();

  function meansOf(prototypes: PrototypeMatrix): PersonPrototypes {
    const found = means.get(prototypes) ?? meanOfPersons(prototypes);
    means.set(prototypes, found);
    return found;
  }

  function alikeOf(prototypes: PrototypeMatrix, threshold: number): Promise<readonly Alike[]> {
    const found = alike.get(prototypes) ?? findAlike(meansOf(prototypes), threshold);
    alike.set(prototypes, found);
    found.catch(() => alike.delete(prototypes));
    return found;
  }

  async function findAlike(everybody: PersonPrototypes, threshold: number): Promise<readonly Alike[]> {
    const matches = await compare(everybody.embeddings, everybody, threshold);
    return matches.flatMap((others, i) => {
      const self = everybody.personIds[i]!;
      return others
        .filter(({ personId }) => self < personId)
        .map(({ personId, score }): Alike => ({ pair: [self, personId], score }));
    });
  }

  async function clustersOfPersons(
    model: Recogniser,
    names: ReadonlyMap<string, string>,
  ): Promise<Suggestion[]> {
    const prototypes = await known.prototypes(model.modelId);
    const { items } = await faces.clusters({ includeLabeled: false, limit: CLUSTERS, offset: 0 });
    const meanOf = await readClusterMeans(model.modelId, items);
    const comparable = items.filter(({ clusterId }) => meanOf(clusterId)?.length === prototypes.dimensions);
    const matches = await compare(
      concatenate(comparable.map(({ clusterId }) => meanOf(clusterId)!)),
      meansOf(prototypes),
      similarityOf(model, ASK_STRENGTH),
    );
    const rejections = await faces.rejections(items.flatMap(({ sampleFaceIds }) => sampleFaceIds));
    return comparable.flatMap(({ clusterId, faceCount, sampleFaceIds }, i): Suggestion[] => {
      const best = matches[i]!.find(
        ({ personId }) => !sampleFaceIds.some((id) => rejections.get(id)?.has(personId)),
      );
      const personName = best && names.get(best.personId);
      if (best === undefined || personName === undefined) return [];
      return [{ kind: "cluster-is-person", clusterId, ...best, personName, faceCount, sampleFaceIds }];
    });
  }

  /** The mean of the samples of each cluster, read where the samples are others than the last time. */
  async function readClusterMeans(modelId: string, clusters: readonly FaceCluster[]) {
    const keyOf = ({ sampleFaceIds }: FaceCluster) => `${modelId} ${sampleFaceIds.join(" ")}`;
    const fresh = clusters.filter((cluster) => !clusterMeans.has(keyOf(cluster)));
    const faceIds = fresh.flatMap(({ sampleFaceIds }) => sampleFaceIds);
    const means = meanOfClusters(await faces.embedded({ modelId, faceIds }), fresh);
    const current = new Map(
      clusters.map((cluster) => [
        cluster.clusterId,
        clusterMeans.get(keyOf(cluster)) ?? means.get(cluster.clusterId),
      ]),
    );
    clusterMeans = new Map(
      clusters.flatMap((cluster) => {
        const mean = current.get(cluster.clusterId);
        return mean === undefined ? [] : [[keyOf(cluster), mean] as const];
      }),
    );
    return (clusterId: string) => current.get(clusterId);
  }

  async function samePersons(
    model: Recogniser,
    names: ReadonlyMap<string, string>,
    counts: ReadonlyMap<string, number>,
  ): Promise<Suggestion[]> {
    const prototypes = await known.prototypes(model.modelId);
    const told = new Set((await persons.distinctPairs()).flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
    return (await alikeOf(prototypes, model.matchThreshold)).flatMap(({ pair, score }): Suggestion[] => {
      const [a, b] = pair;
      const [nameA, nameB] = [names.get(a), names.get(b)];
      if (nameA === undefined || nameB === undefined || told.has(`${a} ${b}`)) return [];
      const faceCount = Math.min(counts.get(a) ?? 0, counts.get(b) ?? 0);
      return [{ kind: "same-person", personIds: pair, personNames: [nameA, nameB], score, faceCount }];
    });
  }

  async function unconfirmed(names: ReadonlyMap<string, string>, personId?: string): Promise<Suggestion[]> {
    return (await faces.unconfirmed(personId)).flatMap((open): Suggestion[] => {
      const personName = names.get(open.personId);
      if (personName === undefined) return [];
      return [{ kind: "confirm-faces", ...open, personName, sampleFaceIds: [] }];
    });
  }

  async function withSamples(question: Suggestion): Promise<Suggestion> {
    if (question.kind !== "confirm-faces") return question;
    return { ...question, sampleFaceIds: await faces.suggestedOf(question.personId, SAMPLES) };
  }

  /** The questions of the whole library, or those that concern one person; most settling first. */
  return async function suggest(limit: number, personId?: string): Promise<readonly Suggestion[]> {
    const [model, everybody] = await Promise.all([recogniser(), persons.names()]);
    const names = new Map(everybody.map(({ id, name }) => [id, name]));
    const counts = new Map(everybody.map(({ id, faceCount }) => [id, faceCount]));
    const questions = await Promise.all([
      clustersOfPersons(model, names),
      samePersons(model, names, counts),
      unconfirmed(names, personId),
    ]);
    const chosen = questions
      .flat()
      .filter((question) => personId === undefined || concerns(question, personId))
      .toSorted((a, b) => worth(b) - worth(a) || a.kind.localeCompare(b.kind))
      .slice(0, limit);
    return Promise.all(chosen.map(withSamples));
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

/** The normalised mean of the samples of each cluster that has embeddings. */
function meanOfClusters(
  { faceIds, embeddings, dimensions }: EmbeddedFaces,
  clusters: readonly FaceCluster[],
): ReadonlyMap<string, Float32Array> {
  const rowOf = new Map(faceIds.map((id, row) => [id, row]));
  const members = clusters.flatMap(({ clusterId, sampleFaceIds }) =>
    sampleFaceIds.flatMap((id) => {
      const row = rowOf.get(id);
      return row === undefined ? [] : [{ clusterId, row }];
    }),
  );
  const rows = concatenate(
    members.map(({ row }) => embeddings.subarray(row * dimensions, (row + 1) * dimensions)),
  );
  const personIds = members.map(({ clusterId }) => clusterId);
  const means = meanOfPersons({ personIds, embeddings: rows, dimensions });
  return new Map(
    means.personIds.map((clusterId, i) => [
      clusterId,
      means.embeddings.slice(i * dimensions, (i + 1) * dimensions),
    ]),
  );
}

function concatenate(rows: readonly Float32Array[]): Float32Array {
  const dimensions = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * dimensions);
  rows.forEach((row, i) => all.set(row, i * dimensions));
  return all;
}
