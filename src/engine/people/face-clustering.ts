import { createHash } from "node:crypto";
import { type SimilarityCalibration, similarityAt } from "../../math/similarity-calibration.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { Decision } from "../../database/decision-store.ts";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { PeopleDecisions } from "../../database/people/people-decisions.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import type { FaceGuess } from "../../database/people/write-faces.ts";
import { normalizeInPlace } from "../../math/vector.ts";
import type { ClusteringMethod, FaceGroups, FacesToGroup } from "./group-faces.ts";
import type { KnownPersons } from "./known-persons.ts";
import { matchPersons, type PersonMatch } from "../../cluster/match-persons.ts";
import { nameClusters } from "./name-clusters.ts";
import type { Recogniser } from "./recogniser.ts";
import type { Recognise } from "./recognise-faces.ts";

/** Faces that must look alike before they count as somebody together (the core rule of peers and seeds). */
const MIN_FACES = 3;

/** Clusters compared with known persons at once. */
const CLUSTERS_AT_ONCE = 200;

/** Strengths (see similarityAt) at which faces are one person where nothing else is asked: those of the scheduled recipe. */
const LINKAGE_STRENGTH = 1.2;

/** What to cluster and how; the defaults of `hdbscan` are those of the seeds. */
export interface ClusterOptions {
  readonly method?: ClusteringMethod["method"];
  /** Faces below found no cluster (`auto`) or are left out (other methods). */
  readonly qualityThreshold?: number;
  readonly maxFaces?: number;
  readonly minClusterSize?: number;
  readonly minSamples?: number;
  /** Of hdbscan: clusters nearer than this are not split; of dbscan and agglomerative: the cosine distance. */
  readonly epsilon?: number;
  readonly linkage?: "average" | "complete" | "single";
  /** Only faces of this month, `YYYY-MM`. */
  readonly timeBucket?: string;
}

export interface Clustered {
  readonly totalFaces: number;
  readonly clustersFound: number;
  readonly noiseCount: number;
}

export interface DualOptions {
  readonly personThreshold?: number;
  readonly unknownMethod?: "auto" | "hdbscan" | "dbscan" | "agglomerative";
  readonly unknownMinClusterSize?: number;
  /** Cosine distance of dbscan and agglomerative. */
  readonly unknownEps?: number;
  readonly maxFaces?: number;
}

export interface DualClustered {
  readonly supervised: {
    readonly facesProcessed: number;
    readonly assignedToPersons: number;
    readonly personsMatched: number;
  };
  readonly unsupervised: {
    readonly unlabeledFaces: number;
    readonly clustersFound: number;
    readonly noiseCount: number;
  };
  readonly totalFaces: number;
}

/** Clustering of faces that nobody named. Nothing that a human decided changes by it. */
export interface FaceClustering {
  cluster(options: ClusterOptions, signal?: AbortSignal): Promise<Clustered>;
  /** First known persons, then clusters of the rest, named as seed 003 names them. */
  clusterDual(options: DualOptions, signal?: AbortSignal): Promise<DualClustered>;
  /** Divides a cluster into tighter ones; no new ids when it does not divide. `not_found` without such a cluster. */
  splitCluster(clusterId: string, minClusterSize: number, actor: string): Promise<ClusterSplit>;
  /**
   * Takes whole clusters for a known person where their mean looks like one: faces that alone were too unlike. Gives how many
   * faces.
   */
  recogniseClusters(): Promise<number>;
}

/** What a cluster was divided into, and the decision that undoes it; nothing when it is of one piece. */
export interface ClusterSplit {
  readonly clusterIds: readonly string[];
  readonly decisionId?: number;
}

export interface FaceClusteringOptions {
  readonly faces: FaceStore;
  readonly persons: PersonStore;
  readonly known: KnownPersons;
  readonly recognise: Recognise;
  readonly decisions: PeopleDecisions;
  /** `model_missing` while there is none. */
  readonly recogniser: () => Promise<Recogniser>;
  /** Told of a division that was made. */
  readonly onSplit: (decision: Decision) => void;
  readonly group: (faces: FacesToGroup, signal?: AbortSignal) => Promise<FaceGroups>;
  /** See matchPersons; in a thread where others must not wait. */
  readonly compare?: (
    ...task: Parameters<typeof matchPersons>
  ) => ReturnType<typeof matchPersons> | Promise<ReturnType<typeof matchPersons>>;
}

const SEED_DEFAULTS = { qualityThreshold: 0.5, maxFaces: 50_000, minClusterSize: 5, minSamples: 3 };

export function createFaceClustering(options: FaceClusteringOptions): FaceClustering {
  const { faces, known, recognise, decisions, recogniser, onSplit, group, compare = matchPersons } = options;

  async function groupUnknown(
    { method = "auto", ...given }: ClusterOptions,
    model: Recogniser,
    signal?: AbortSignal,
  ): Promise<{ found: EmbeddedFaces; groups: FaceGroups }> {
    const wanted = { ...SEED_DEFAULTS, ...given };
    const isAuto = method === "auto";
    const found = await faces.embedded({
      modelId: model.modelId,
      isUnassigned: true,
      ...(isAuto ? {} : { minQuality: wanted.qualityThreshold }),
      ...(given.timeBucket === undefined ? {} : { timeBucket: given.timeBucket }),
      order: "quality",
      limit: wanted.maxFaces,
    });
    const groups = await group(
      {
        embeddings: found.embeddings,
        dimensions: found.dimensions,
        photoIds: Int32Array.from(found.photoIds),
        qualities: found.qualities,
        minQuality: wanted.qualityThreshold,
        minClusterSize: isAuto ? (given.minClusterSize ?? 2) : wanted.minClusterSize,
        calibration: model.calibration,
        how: toMethod(method, wanted, model.calibration),
      },
      signal,
    );
    return { found, groups };
  }

  async function save(
    { faceIds }: EmbeddedFaces,
    { labels, strengths }: FaceGroups,
    names: ReadonlyMap<number, string>,
  ): Promise<Clustered> {
    await faces.saveClusters(
      faceIds.map((faceId, i) => {
        const clusterId = names.get(labels[i]!) ?? null;
        return { faceId, clusterId, score: clusterId === null ? null : strengths[i]! };
      }),
    );
    const noiseCount = labels.reduce((sum, label) => sum + (label < 0 ? 1 : 0), 0);
    return { totalFaces: faceIds.length, clustersFound: names.size, noiseCount };
  }

  async function rejectAll(clusterFaces: readonly number[], personId: string): Promise<boolean> {
    const rejections = await faces.rejections(clusterFaces);
    return clusterFaces.some((id) => rejections.get(id)?.has(personId) === true);
  }

  /** Clusters with enough faces of nobody, and these faces. */
  async function readClusters(modelId: string, clusterIds: readonly string[]) {
    const found: EmbeddedFaces[] = [];
    for (const clusterId of clusterIds)
      found.push(await faces.embedded({ modelId, clusterId, isUnassigned: true }));
    return found.filter(({ faceIds }) => faceIds.length >= MIN_FACES);
  }

  /** Takes the faces of a cluster for a person, except in photos in which that person is already; gives how many. */
  async function giveCluster({ faceIds, photoIds }: EmbeddedFaces, match: PersonMatch): Promise<number> {
    if (await rejectAll(faceIds, match.personId)) return 0;
    const present = await faces.personsInPhotos(photoIds);
    const taken = new Set(photoIds.filter((photoId) => present.get(photoId)?.has(match.personId)));
    const guesses: FaceGuess[] = [];
    for (const [i, faceId] of faceIds.entries()) {
      const photoId = photoIds[i]!;
      if (taken.has(photoId)) continue;
      taken.add(photoId);
      guesses.push({ faceId, match: { ...match, source: "cluster" } });
    }
    return (await faces.saveGuesses(guesses)).faceIds.length;
  }

  return {
    async cluster(wanted, signal) {
      const { found, groups } = await groupUnknown(wanted, await recogniser(), signal);
      const former = await faces.clustersOf(found.faceIds);
      const names = nameClusters(
        groups.labels,
        found.faceIds,
        found.faceIds.map((id) => former.get(id)),
      );
      return save(found, groups, names);
    },
    async clusterDual(wanted, signal) {
      const model = await recogniser();
      const threshold = wanted.personThreshold ?? model.matchThreshold;
      const context = signal === undefined ? {} : { signal };
      const known = await recognise({ modelId: model.modelId }, threshold, wanted.maxFaces, context);
      await faces.nameClustersByPerson();
      const { found, groups } = await groupUnknown(
        {
          method: wanted.unknownMethod ?? "hdbscan",
          minClusterSize: wanted.unknownMinClusterSize ?? MIN_FACES,
          ...(wanted.unknownEps === undefined ? {} : { epsilon: wanted.unknownEps }),
          ...(wanted.maxFaces === undefined ? {} : { maxFaces: wanted.maxFaces }),
        },
        model,
        signal,
      );
      const names = new Map(
        [...new Set(groups.labels)]
          .filter((label) => label >= 0)
          .toSorted((a, b) => a - b)
          .map((label, i) => [label, `unknown_cluster_${i + 1}`]),
      );
      const unknown = await save(found, groups, names);
      return {
        supervised: {
          facesProcessed: known.processed,
          assignedToPersons: known.assigned,
          personsMatched: known.personsMatched,
        },
        unsupervised: {
          unlabeledFaces: unknown.totalFaces,
          clustersFound: unknown.clustersFound,
          noiseCount: unknown.noiseCount,
        },
        totalFaces: known.processed,
      };
    },
    async splitCluster(clusterId, minClusterSize, actor) {
      const model = await recogniser();
      const found = await faces.embedded({ modelId: model.modelId, clusterId });
      if (found.faceIds.length === 0) {
        throw new KeepsightError("not_found", `There is no cluster ${clusterId} with faces to compare.`);
      }
      const { labels } = await group({
        embeddings: found.embeddings,
        dimensions: found.dimensions,
        photoIds: Int32Array.from(found.photoIds),
        qualities: found.qualities,
        minQuality: 0,
        minClusterSize,
        calibration: model.calibration,
        how: { method: "hdbscan", minClusterSize, minSamples: 1, epsilon: 0 },
      });
      const parts = [...new Set(labels)].filter((label) => label >= 0);
      if (parts.length < 2) return { clusterIds: [] };
      const names = new Map(
        parts.map((label) => [label, subClusterId(clusterId, found.faceIds, labels, label)]),
      );
      const assigned = found.faceIds.map((faceId, i) => [faceId, names.get(labels[i]!) ?? null] as const);
      const decision = await decisions.splitCluster({ clusterId, parts: assigned }, { actor });
      onSplit(decision);
      return { clusterIds: [...names.values()], decisionId: decision.id };
    },
    async recogniseClusters() {
      const { modelId, matchThreshold } = await recogniser();
      const prototypes = await known.prototypes(modelId);
      const open = await faces.openClusters(MIN_FACES);
      let assigned = 0;
      for (let start = 0; start < open.length; start += CLUSTERS_AT_ONCE) {
        const clusters = await readClusters(modelId, open.slice(start, start + CLUSTERS_AT_ONCE));
        const comparable = clusters.filter(({ dimensions }) => dimensions === prototypes.dimensions);
        const means = new Float32Array(comparable.length * prototypes.dimensions);
        comparable.forEach((cluster, i) => means.set(meanOf(cluster), i * prototypes.dimensions));
        const matches = await compare(means, prototypes, matchThreshold);
        for (const [i, cluster] of comparable.entries()) {
          const [match] = matches[i]!;
          if (match !== undefined) assigned += await giveCluster(cluster, match);
        }
      }
      return assigned;
    },
  };
}

function toMethod(
  method: ClusteringMethod["method"],
  wanted: typeof SEED_DEFAULTS & ClusterOptions,
  calibration: SimilarityCalibration,
): ClusteringMethod {
  const distance = wanted.epsilon ?? 1 - similarityAt(calibration, LINKAGE_STRENGTH);
  switch (method) {
    case "auto":
      return { method };
    case "hdbscan":
      return {
        method,
        minClusterSize: wanted.minClusterSize,
        minSamples: wanted.minSamples,
        epsilon: wanted.epsilon ?? 0,
      };
    case "dbscan":
      return { method, epsilon: distance, minPoints: wanted.minSamples };
    case "agglomerative":
      return { method, threshold: distance, linkage: wanted.linkage ?? "average" };
    case "chinese-whispers":
      return { method, threshold: distance };
  }
}

/** The normalised mean of the faces. */
function meanOf({ embeddings, dimensions }: EmbeddedFaces): Float32Array {
  const mean = new Float32Array(dimensions);
  for (let i = 0; i < embeddings.length; i++) mean[i % dimensions]! += embeddings[i]!;
  return normalizeInPlace(mean);
}

/** The id of a part, which follows from the faces in it. */
function subClusterId(
  clusterId: string,
  faceIds: readonly number[],
  labels: Int32Array,
  label: number,
): string {
  const members = faceIds.filter((_, i) => labels[i] === label);
  const hex = createHash("sha256").update(members.join(" ")).digest("hex");
  return `${clusterId}_sub_${hex.slice(0, 6)}`;
}
