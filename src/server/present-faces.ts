import type { SeenFace } from "../api/faces.ts";
import type { Size } from "../core/geometry.ts";
import type { DetectedFace } from "../core/photo-analysis.ts";

/** Fractions travel with this many decimals: a tenth of a pixel in the largest photos. */
const DECIMALS = 1e5;
const round = (value: number) => Math.round(value * DECIMALS) / DECIMALS;

/** A face in a picture of this size, in the words of the HTTP API. */
export function toSeenFace(
  { normalizedBox: box, landmarks, score, quality, embedding }: DetectedFace,
  { width, height }: Size,
  {
    hasEmbedding = false,
    candidates,
  }: {
    readonly hasEmbedding?: boolean;
    readonly candidates?: readonly NonNullable<SeenFace["candidates"]>[number][] | undefined;
  },
): SeenFace {
  return {
    bbox: {
      x: Math.round(box.x * width),
      y: Math.round(box.y * height),
      width: Math.round(box.width * width),
      height: Math.round(box.height * height),
    },
    box: { x: round(box.x), y: round(box.y), width: round(box.width), height: round(box.height) },
    landmarks: landmarks.map(({ x, y }) => ({ x: round(x), y: round(y) })),
    detectionConfidence: round(score),
    qualityScore: round(quality),
    ...(hasEmbedding && embedding !== undefined ? { embedding: Array.from(embedding) } : {}),
    ...(candidates === undefined
      ? {}
      : { candidates: candidates.map((one) => ({ ...one, similarity: round(one.similarity) })) }),
  };
}
