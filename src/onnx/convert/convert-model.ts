import { z } from "zod";

import { convertGraphModel } from "./convert-graph-model.ts";
import { buildFaceDetection } from "./face-api-detection.ts";
import { buildFaceLandmarks } from "./face-api-landmarks.ts";
import { buildFaceRecognition } from "./face-api-recognition.ts";
import { readModelJson, readWeights, type Weight, WeightManifest } from "./read-weights.ts";

/** Nets whose weights come without their layers, which are rebuilt here. */
const LAYER_NETS = {
  "face-api-detection": buildFaceDetection,
  "face-api-landmarks": buildFaceLandmarks,
  "face-api-recognition": buildFaceRecognition,
} as const satisfies Readonly<Record<string, (weights: ReadonlyMap<string, Weight>) => Uint8Array>>;

/** What a file of another runtime is, and what is wanted of it. */
export const Conversion = z.discriminatedUnion("from", [
  /** `model.json` of a TensorFlow.js graph model; `outputs` are names of its signature. */
  z.strictObject({ from: z.literal("tfjs-graph"), outputs: z.array(z.string()).min(1) }),
  /** A `*-weights_manifest.json` of face-api. */
  z.strictObject({ from: z.enum(["face-api-detection", "face-api-landmarks", "face-api-recognition"]) }),
]);
export type Conversion = z.infer<typeof Conversion>;

/**
 * The .onnx file of the model at `path`; the same files always give the same bytes, on every machine. Cost: 0.1–0.6 s, most
 * of it reading weights. Throws `model_invalid` when the model cannot be read or is not what `conversion` says.
 */
export async function convertModel(path: string, conversion: Conversion): Promise<Uint8Array> {
  if (conversion.from === "tfjs-graph") return convertGraphModel(path, conversion.outputs);
  const manifest = await readModelJson(path, WeightManifest);
  return LAYER_NETS[conversion.from](await readWeights(manifest, path));
}
