import { clusterByLinkage } from "../../cluster/agglomerative.ts";
import { clusterByWhispers } from "../../cluster/chinese-whispers.ts";
import { clusterFaces, dropSingles } from "../../cluster/cluster-faces.ts";
import type { SimilarityCalibration } from "../../math/similarity-calibration.ts";
import { clusterByDbscan } from "../../cluster/dbscan.ts";
import { clusterByHdbscan } from "../../cluster/hdbscan/hdbscan.ts";
import { createPoints } from "../../cluster/points.ts";

/** How faces are clustered: see the files of `cluster/`. Distances are cosine distances. */
export type ClusteringMethod =
  | { readonly method: "auto" }
  | {
      readonly method: "hdbscan";
      readonly minClusterSize: number;
      readonly minSamples: number;
      readonly epsilon: number;
    }
  | { readonly method: "dbscan"; readonly epsilon: number; readonly minPoints: number }
  | {
      readonly method: "agglomerative";
      readonly threshold: number;
      readonly linkage: "average" | "complete" | "single";
    }
  | { readonly method: "chinese-whispers"; readonly threshold: number };

/** Faces to be clustered. */
export interface FacesToGroup {
  /** Row-major, L2-normalised. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
  readonly photoIds: Int32Array;
  /** 0–1; `auto` lets only faces from `minQuality` on found clusters. */
  readonly qualities: Float32Array;
  readonly minQuality: number;
  /** Clusters with fewer faces are noise. */
  readonly minClusterSize: number;
  readonly calibration: SimilarityCalibration;
  readonly how: ClusteringMethod;
}

/** A cluster for each face, −1 for noise, and how strongly it belongs there (1 where the method does not say), 0–1. */
export interface FaceGroups {
  readonly labels: Int32Array;
  readonly strengths: Float64Array;
}

/** Fixed, so that the same faces give the same clusters. */
const SEED = 1;

/** Clusters faces. Takes as long as it takes: see the costs in `cluster/`; so not in the server's thread. */
export function groupFaces(faces: FacesToGroup): FaceGroups {
  const count = faces.photoIds.length;
  if (count === 0) return { labels: new Int32Array(), strengths: new Float64Array() };
  const { labels, strengths } = run(faces);
  return { labels: dropSmall(labels, faces.minClusterSize), strengths };
}

function run({ embeddings, dimensions, photoIds, qualities, minQuality, calibration, how }: FacesToGroup) {
  const sure = (labels: Int32Array) => ({ labels, strengths: new Float64Array(labels.length).fill(1) });
  if (how.method === "auto") {
    const isClear = Array.from(qualities, (quality) => quality >= minQuality);
    return sure(clusterFaces(embeddings, dimensions, { calibration, photos: photoIds, isClear }));
  }
  const points = createPoints(embeddings, dimensions, "cosine");
  switch (how.method) {
    case "hdbscan": {
      const { labels, membershipStrengths } = clusterByHdbscan(points, {
        ...how,
        selection: "eom",
        allowSingleCluster: false,
      });
      return { labels, strengths: membershipStrengths };
    }
    case "dbscan":
      return sure(clusterByDbscan(points, how).labels);
    case "agglomerative":
      return sure(dropSingles(clusterByLinkage(points, how).labels));
    case "chinese-whispers":
      return sure(dropSingles(clusterByWhispers(points, { threshold: how.threshold, seed: SEED })));
  }
}

function dropSmall(labels: Int32Array, minSize: number): Int32Array {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return labels.map((label) => ((sizes.get(label) ?? 0) < minSize ? -1 : label));
}
