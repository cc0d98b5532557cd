import type { FaceCluster, FaceStore } from "../../database/people/face-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { ASK_STRENGTH, type Recogniser, similarityOf } from "./recogniser.ts";
import type { KnownPersons } from "./known-persons.ts";
import type { matchPersons, PersonMatch, PersonPrototypes } from "../../cluster/match-persons.ts";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { PrototypeMatrix } from "../../database/people/prototype-store.ts";
import { createAlikePersons } from "./alike-persons.ts";
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
      /** All faces that the answer is about. */
      readonly faceIds: readonly number[];
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
      /** All faces that the answer is about. */
      readonly faceIds: readonly number[];
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

/** A question before anybody looked up what the persons are called, whether they are to be seen at all, and which faces it is about. */
type Candidate = Without<Suggestion, "personName" | "personNames" | "faceIds">;
type Without<T, K extends string> = T extends Suggestion ? Omit<T, K> : never;
type Named = Without<Suggestion, "faceIds">;

/** Whom each cluster looks like, found once as long as nobody looks different. */
interface ClusterLooks {
  readonly minScore: number;
  /** By the samples of the cluster. */
  readonly matches: Map<string, readonly PersonMatch[]>;
}

/**
 * Questions whose answers settle most: many faces, and likely enough that the answer is yes. What is remembered between two
 * answers follows from embeddings alone; what humans decided is read for each.
 */
export function createPeopleSuggestions(options: SuggestionsOptions) {
  const { faces, persons, known, recogniser, compare } = options;
  /** What follows from the prototypes alone, until they are others. */
  const means = new WeakMap<PrototypeMatrix, PersonPrototypes>();
  const looks = new WeakMap<PrototypeMatrix, ClusterLooks>();
  const findAlike = createAlikePersons(compare);
  let clusterMeans: ReadonlyMap<string, Float32Array> = new Map();

  function meansOf(prototypes: PrototypeMatrix): PersonPrototypes {
    const found = means.get(prototypes) ?? meanOfPersons(prototypes);
    means.set(prototypes, found);
    return found;
  }

  function looksOf(prototypes: PrototypeMatrix, minScore: number): ClusterLooks {
    const known = looks.get(prototypes);
    const found = known?.minScore === minScore ? known : { minScore, matches: new Map() };
    looks.set(prototypes, found);
    return found;
  }

  async function clustersOfPersons(model: Recogniser): Promise<readonly Candidate[]> {
    const [prototypes, { items }] = await Promise.all([
      known.prototypes(model.modelId),
      faces.clusters({ includeLabeled: false, limit: CLUSTERS, offset: 0 }),
    ]);
    const [matchesOf, rejections] = await Promise.all([
      matchClusters(model, prototypes, items),
      faces.rejections(items.flatMap(({ sampleFaceIds }) => sampleFaceIds)),
    ]);
    return items.flatMap((cluster): Candidate[] => {
      const { clusterId, faceCount, sampleFaceIds } = cluster;
      const best = matchesOf(cluster).find(
        ({ personId }) => !sampleFaceIds.some((id) => rejections.get(id)?.has(personId)),
      );
      if (best === undefined) return [];
      return [{ kind: "cluster-is-person", clusterId, ...best, faceCount, sampleFaceIds }];
    });
  }

  async function matchClusters(
    model: Recogniser,
    prototypes: PrototypeMatrix,
    clusters: readonly FaceCluster[],
  ): Promise<(cluster: FaceCluster) => readonly PersonMatch[]> {
    const { minScore, matches } = looksOf(prototypes, similarityOf(model, ASK_STRENGTH));
    const fresh = clusters.filter((cluster) => !matches.has(samplesOf(cluster)));
    const meanOf = await readClusterMeans(model.modelId, clusters);
    const comparable = fresh.filter(({ clusterId }) => meanOf(clusterId)?.length === prototypes.dimensions);
    if (comparable.length > 0) {
      const found = await compare(
        concatenate(comparable.map(({ clusterId }) => meanOf(clusterId)!)),
        meansOf(prototypes),
        minScore,
      );
      for (const [i, cluster] of comparable.entries()) matches.set(samplesOf(cluster), found[i]!);
    }
    return (cluster) => matches.get(samplesOf(cluster)) ?? [];
  }

  /** The mean of the samples of each cluster, read where the samples are others than the last time. */
  async function readClusterMeans(modelId: string, clusters: readonly FaceCluster[]) {
    const keyOf = (cluster: FaceCluster) => `${modelId} ${samplesOf(cluster)}`;
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

  async function samePersons(model: Recogniser): Promise<readonly Candidate[]> {
    const [prototypes, told] = await Promise.all([known.prototypes(model.modelId), persons.distinctPairs()]);
    const apart = new Set(told.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
    const pairs = (await findAlike(meansOf(prototypes), model.matchThreshold)).filter(
      ({ personIds }) => !apart.has(personIds.join(" ")),
    );
    const counts = await persons.faceCounts([...new Set(pairs.flatMap(({ personIds }) => personIds))]);
    return pairs.map(({ personIds, score }): Candidate => {
      const faceCount = Math.min(...personIds.map((personId) => counts.get(personId) ?? 0));
      return { kind: "same-person", personIds, score, faceCount };
    });
  }

  async function unconfirmed(personId?: string): Promise<readonly Candidate[]> {
    return (await faces.unconfirmed(personId)).map((open) => ({
      kind: "confirm-faces",
      ...open,
      sampleFaceIds: [],
    }));
  }

  async function withFaces(questions: readonly Named[]): Promise<readonly Suggestion[]> {
    const clusterIds = questions.flatMap((one) => (one.kind === "cluster-is-person" ? [one.clusterId] : []));
    const personIds = questions.flatMap((one) => (one.kind === "confirm-faces" ? [one.personId] : []));
    const [ofCluster, ofPerson] = await Promise.all([
      faces.facesOfClusters(clusterIds),
      faces.suggestedOf(personIds),
    ]);
    return questions.map((question): Suggestion => {
      if (question.kind === "same-person") return question;
      if (question.kind === "cluster-is-person")
        return { ...question, faceIds: ofCluster.get(question.clusterId) ?? [] };
      const faceIds = ofPerson.get(question.personId) ?? [];
      return { ...question, faceIds, sampleFaceIds: faceIds.slice(0, SAMPLES) };
    });
  }

  /** The first of these questions that are about active persons, with their names. */
  async function nameFirst(candidates: readonly Candidate[], limit: number): Promise<readonly Named[]> {
    const named: Named[] = [];
    // Hardly anybody is hidden: mostly the first look suffices.
    for (let start = 0; start < candidates.length && named.length < limit; start += limit) {
      const page = candidates.slice(start, start + limit);
      const names = await persons.activeNames([...new Set(page.flatMap(personsOf))]);
      named.push(...page.flatMap((candidate) => withNames(candidate, names) ?? []));
    }
    return named.slice(0, limit);
  }

  /** The questions of the whole library, or those that concern one person; most settling first. */
  return async function suggest(limit: number, personId?: string): Promise<readonly Suggestion[]> {
    const model = await recogniser();
    const questions = await Promise.all([
      clustersOfPersons(model),
      samePersons(model),
      unconfirmed(personId),
    ]);
    const ranked = questions
      .flat()
      .filter((question) => personId === undefined || personsOf(question).includes(personId))
      .toSorted((a, b) => worth(b) - worth(a) || a.kind.localeCompare(b.kind));
    return withFaces(await nameFirst(ranked, limit));
  };
}

function personsOf(question: Candidate): readonly string[] {
  return question.kind === "same-person" ? question.personIds : [question.personId];
}

/** Undefined where one of the persons has no name to be shown. */
function withNames(candidate: Candidate, names: ReadonlyMap<string, string>): Named | undefined {
  if (candidate.kind === "same-person") {
    const [a, b] = candidate.personIds.map((personId) => names.get(personId));
    return a === undefined || b === undefined ? undefined : { ...candidate, personNames: [a, b] };
  }
  const personName = names.get(candidate.personId);
  return personName === undefined ? undefined : { ...candidate, personName };
}

/** Two clusters with the same samples look the same. */
const samplesOf = ({ sampleFaceIds }: FaceCluster) => sampleFaceIds.join(" ");

/** Faces settled, weighted by how likely a yes is; confirming what holds anyway settles less. */
function worth({ kind, faceCount, score }: Candidate): number {
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
