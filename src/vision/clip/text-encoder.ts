import type { ClipSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { namedOutput } from "../named-output.ts";
import type { TextTokenizer } from "./text-tokenizer.ts";
import { toEmbedding } from "./to-embedding.ts";
import { textFeeds } from "./tower-inputs.ts";

/** Turns texts into embeddings that can be compared with those of images. */
export interface TextEncoder {
  /** L2-normalised. */
  encode(text: string): Promise<Float32Array>;
}

/** The text tower of a CLIP model, alone or in one graph with the image tower. */
export function createTextEncoder(model: {
  readonly session: InferenceSession;
  readonly tokenizer: TextTokenizer;
  readonly settings: ClipSettings;
}): TextEncoder {
  const { session, tokenizer, settings } = model;
  return {
    async encode(text) {
      const outputs = await session.run(textFeeds(session, tokenizer.encode(text), settings));
      return toEmbedding(namedOutput(session, outputs, settings.textOutput), settings.dimensions, "text");
    },
  };
}
