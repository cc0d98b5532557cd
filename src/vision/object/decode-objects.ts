import type { ObjectDetectionSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { type FloatOutput, firstOutput } from "../run-single.ts";
import { decodeCornerRows } from "./decode-corner-rows.ts";
import { decodeDetr, decodeDetrDecoded, type ModelOutputs } from "./decode-detr.ts";
import { decodeYolov8, decodeYolox } from "./decode-yolo.ts";
import type { DecodeOptions, ObjectCandidate } from "./object-candidate.ts";

type Head = ObjectDetectionSettings["head"];
type Session = Pick<InferenceSession, "inputNames" | "outputNames">;

/** The second input of graphs that give boxes in pixels: width and height of what the boxes shall lie in. */
const SIZE_INPUT = "orig_target_sizes";

const SINGLE_OUTPUT_DECODERS = {
  yolox: decodeYolox,
  yolov8: decodeYolov8,
  centernet: decodeCornerRows,
  "end-to-end": decodeCornerRows,
} as const satisfies Partial<
  Record<Head, (output: FloatOutput, options: DecodeOptions) => ObjectCandidate[]>
>;

/** The inputs of one run; exports name that of the photo as they like. */
export function toFeeds({ inputNames }: Session, tensor: Tensor, inputSize: number): Record<string, Tensor> {
  const photoInput = inputNames.find((name) => name !== SIZE_INPUT) ?? "";
  if (!inputNames.includes(SIZE_INPUT)) return { [photoInput]: tensor };
  const size = BigInt64Array.of(BigInt(inputSize), BigInt(inputSize));
  return { [photoInput]: tensor, [SIZE_INPUT]: { type: "int64", data: size, dims: [1, 2] } };
}

/** What a head found, in pixels of the model's input. Throws `model_invalid` when the outputs are not that head's. */
export function decodeObjects(
  outputs: ModelOutputs,
  context: { readonly head: Head; readonly session: Session; readonly options: DecodeOptions },
): ObjectCandidate[] {
  const { head, session, options } = context;
  switch (head) {
    case "detr":
      return decodeDetr(outputs, options);
    case "detr-decoded":
      return decodeDetrDecoded(outputs, options);
    default:
      return SINGLE_OUTPUT_DECODERS[head](firstOutput(session, outputs), options);
  }
}
