import type { ClipSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";
import type { ClipTokenizer } from "./clip-tokenizer.ts";
import { toEmbedding } from "./to-embedding.ts";

/** Turns texts into embeddings that can be compared with those of images. */
export interface TextEncoder {
  /** L2-normalised. */
  encode(text: string): Promise<Float32Array>;
}

/** The text tower of a CLIP model. Input and output are taken by position: exports name them as they like. */
export function createTextEncoder(model: {
  readonly session: InferenceSession;
  readonly tokenizer: ClipTokenizer;
  readonly settings: ClipSettings;
}): TextEncoder {
  const { session, tokenizer, settings } = model;
  return {
    async encode(text) {
      const output = await runSingle(session, toTokenTensor(tokenizer.encode(text), settings.tokenType));
      return toEmbedding(output, settings.dimensions, "text");
    },
  };
}

function toTokenTensor(tokenIds: Int32Array, type: ClipSettings["tokenType"]): Tensor {
  const data = type === "int32" ? tokenIds : BigInt64Array.from(tokenIds, BigInt);
  return { type, data, dims: [1, tokenIds.length] };
}
