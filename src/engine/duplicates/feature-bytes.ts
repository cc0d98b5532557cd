import { DESCRIPTOR_BYTES } from "../../duplicate/descriptor-pattern.ts";
import type { LocalFeatures } from "../../duplicate/local-features.ts";
import type { StoredFeatures } from "../../database/duplicates/feature-store.ts";

/** Raising the number has all photos looked at anew. */
export const FEATURES_VERSION = "copies-1";

/** x and y as float32, and the level. */
const PLACE_BYTES = 9;

/** The features as bytes: all positions, all levels, all descriptors. */
export function toFeatureBytes({ positions, levels, descriptors }: LocalFeatures): Uint8Array {
  return new Uint8Array(Buffer.concat([new Uint8Array(positions.slice().buffer), levels, descriptors]));
}

/** Features as they are stored, and the view in which they are. */
export type FeatureBytes = Pick<StoredFeatures, "width" | "height" | "features">;

/** The features that the bytes hold. */
export function fromFeatureBytes({ width, height, features }: FeatureBytes): LocalFeatures {
  const count = features.length / (PLACE_BYTES + DESCRIPTOR_BYTES);
  // A copy: bytes from the database lie anywhere, floats only at multiples of four.
  const bytes = new Uint8Array(features);
  return {
    count,
    view: { width, height },
    positions: new Float32Array(bytes.buffer, 0, count * 2),
    levels: bytes.subarray(count * 8, count * PLACE_BYTES),
    descriptors: bytes.subarray(count * PLACE_BYTES),
  };
}
