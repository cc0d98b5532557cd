import { createPoints } from "../../cluster/points.ts";
import { clusterBySphericalKmeans } from "../../cluster/spherical-kmeans.ts";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { Prototype } from "../../database/people/prototype-store.ts";

/** The best faces of a person stand for themselves: as many as naming a cluster makes in seed documents and peers. */
const EXEMPLARS = 3;

/**
 * One mean for so many faces: children grow and people change their looks, and a mean over all of that is nobody. With few
 * faces a second mean would only repeat the exemplars.
 */
const FACES_PER_CENTROID = 20;
const MAX_CENTROIDS = 5;

/** Fixed, so that the same faces give the same prototypes. */
const SEED = 1;

/**
 * What a person looks like, from faces that a human confirmed: the best faces as they are, and the normalised means of groups
 * of faces that look alike. Empty without faces.
 */
export function computePrototypes({
  faceIds,
  qualities,
  embeddings,
  dimensions,
}: EmbeddedFaces): Prototype[] {
  if (faceIds.length === 0) return [];
  const rowOf = (i: number) => embeddings.slice(i * dimensions, (i + 1) * dimensions);
  const best = faceIds
    .map((_, i) => i)
    .toSorted((a, b) => qualities[b]! - qualities[a]! || faceIds[a]! - faceIds[b]!)
    .slice(0, EXEMPLARS);
  const exemplars = best.map((i): Prototype => ({
    role: "exemplar",
    faceId: faceIds[i]!,
    embedding: rowOf(i),
  }));
  if (faceIds.length === 1) return exemplars;
  const clusterCount = Math.min(MAX_CENTROIDS, Math.ceil(faceIds.length / FACES_PER_CENTROID));
  const points = createPoints(embeddings, dimensions, "cosine");
  const { centroids } = clusterBySphericalKmeans(points, { clusterCount, seed: SEED });
  const means = Array.from({ length: centroids.length / dimensions }, (_, k): Prototype => ({
    role: "centroid",
    embedding: centroids.slice(k * dimensions, (k + 1) * dimensions),
  }));
  return [...exemplars, ...means];
}
