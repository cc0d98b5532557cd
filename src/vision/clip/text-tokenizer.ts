import { KeepsightError } from "../../core/errors.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";
import { cleanText } from "./clean-text.ts";
import type { Vocabulary } from "./read-tokenizer.ts";

/** A text as a text encoder reads it. */
export interface EncodedText {
  readonly tokenIds: Int32Array;
  /** 1 for a token of the text, 0 for padding; as long as `tokenIds`. */
  readonly mask: Int32Array;
}

/** Turns text into what a text encoder reads. */
export interface TextTokenizer {
  encode(text: string): EncodedText;
}

/**
 * A tokeniser for the text tower with these settings. A text becomes start, tokens, end; longer ones are cut so that the
 * end stays last; the rest of the context is padding where the tower wants it. Start, end and padding are the settings':
 * what published files say of them is often wrong for the tower they come with (CLIP's own pads with zeros, its
 * `tokenizer.json` with the end token; Gemma's begins with a token that SigLIP has never seen).
 *
 * @throws KeepsightError `model_invalid` when the vocabulary lacks a token that the settings name.
 */
export function createTextTokenizer(
  vocabulary: Vocabulary,
  { contextLength, tokens }: Pick<ClipSettings, "contextLength" | "tokens">,
): TextTokenizer {
  const start = idsOf(vocabulary, tokens.start);
  const end = idsOf(vocabulary, tokens.end);
  const [padding] = idsOf(vocabulary, tokens.padding);
  const room = contextLength - start.length - end.length;
  return {
    encode(text) {
      const { ids } = vocabulary.encode(cleanText(text, tokens.cleaning), { add_special_tokens: false });
      // What a vocabulary without a token for the unknown does not know has no id.
      const known = ids.filter((id) => id !== undefined).slice(0, room);
      const framed = [...start, ...known, ...end];
      if (padding === undefined) {
        return { tokenIds: Int32Array.from(framed), mask: new Int32Array(framed.length).fill(1) };
      }
      const at = tokens.paddingSide === "left" ? contextLength - framed.length : 0;
      const tokenIds = new Int32Array(contextLength).fill(padding);
      tokenIds.set(framed, at);
      return { tokenIds, mask: new Int32Array(contextLength).fill(1, at, at + framed.length) };
    },
  };
}

/** The id of a token, given by name or already as an id; none for none. */
function idsOf(vocabulary: Vocabulary, token: string | number | undefined): number[] {
  if (token === undefined) return [];
  const id = typeof token === "number" ? token : vocabulary.token_to_id(token);
  if (id !== undefined) return [id];
  throw new KeepsightError("model_invalid", `The tokeniser has no token "${token}", which its model needs.`);
}
