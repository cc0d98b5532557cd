/**
 * What a tower is fed. Exports name their inputs as they like, so the image goes to the one that speaks of pixels or
 * images, a mask to the one that asks for it, and the text's tokens to the rest. A graph with both towers computes both
 * whatever is wanted of it; the other one gets a blank.
 */
import type { ClipSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { asDeclared } from "../as-declared.ts";
import type { EncodedText } from "./text-tokenizer.ts";

type Feeds = Readonly<Record<string, Tensor>>;

const IMAGE_INPUT = /pixel|image/i;
const MASK_INPUT = /mask/i;
const SEGMENT_INPUT = /token_type|segment/i;

/** Feeds that make a tower, or a graph of both, look at an image. */
export function imageFeeds(session: InferenceSession, pixelValues: Tensor, settings: ClipSettings): Feeds {
  const isJoined = settings.towers === "joined";
  const blank = blankText(settings);
  return feed(session, (name) =>
    !isJoined || IMAGE_INPUT.test(name) ? pixelValues : textTensor(name, blank, settings.tokenType),
  );
}

/** Feeds that make a tower, or a graph of both, read a text. */
export function textFeeds(session: InferenceSession, text: EncodedText, settings: ClipSettings): Feeds {
  const isImage = (name: string) => settings.towers === "joined" && IMAGE_INPUT.test(name);
  return feed(session, (name) =>
    isImage(name) ? blankImage(settings) : textTensor(name, text, settings.tokenType),
  );
}

function feed(session: InferenceSession, tensorFor: (name: string) => Tensor): Feeds {
  return Object.fromEntries(
    session.inputNames.map((name) => [name, asDeclared(session, name, tensorFor(name))]),
  );
}

function textTensor(name: string, { tokenIds, mask }: EncodedText, type: ClipSettings["tokenType"]): Tensor {
  if (MASK_INPUT.test(name)) return toTensor(mask, type);
  return toTensor(SEGMENT_INPUT.test(name) ? new Int32Array(tokenIds.length) : tokenIds, type);
}

function toTensor(numbers: Int32Array, type: ClipSettings["tokenType"]): Tensor {
  const data = type === "int32" ? numbers : BigInt64Array.from(numbers, BigInt);
  return { type, data, dims: [1, numbers.length] };
}

/** Any text will do; the first token of a vocabulary is in all of them. */
function blankText({ contextLength }: ClipSettings): EncodedText {
  return { tokenIds: new Int32Array(contextLength), mask: new Int32Array(contextLength).fill(1) };
}

function blankImage({ inputSize }: ClipSettings): Tensor {
  const data = new Float32Array(3 * inputSize * inputSize);
  return { type: "float32", data, dims: [1, 3, inputSize, inputSize] };
}
