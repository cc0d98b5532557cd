import { KeepsightError } from "../../core/errors.ts";
import type { Weight } from "./read-weights.ts";

/**
 * Filters of convolutions brought from TensorFlow's layout [height, width, in, out] (HWIO), or [height, width, in,
 * multiplier] for depthwise ones, to that of ONNX, [out, in / groups, height, width]. Cost: one pass.
 */

/** Filters of a convolution as ONNX has them. */
export interface Filters {
  readonly dims: readonly [out: number, inOfGroup: number, height: number, width: number];
  readonly data: Float32Array;
  readonly groups: number;
}

/** The filters of a full convolution; throws `model_invalid` when they are not four-dimensional floats. */
export function toFilters(weight: Weight): Filters {
  const [height, width, inputs, outputs] = fourDims(weight);
  const data = new Float32Array(weight.data.length);
  const area = height * width;
  for (let at = 0, from = 0; at < area; at++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) data[(o * inputs + i) * area + at] = weight.data[from++]!;
    }
  }
  return { dims: [outputs, inputs, height, width], data, groups: 1 };
}

/** The filters of a depthwise convolution: a group a channel; throws as {@link toFilters}. */
export function toDepthwiseFilters(weight: Weight): Filters {
  const [height, width, inputs, multiplier] = fourDims(weight);
  const outputs = inputs * multiplier;
  const joined = toFilters({ ...weight, dims: [height, width, 1, outputs] });
  return { ...joined, groups: inputs };
}

/** The filters with every output channel multiplied by its factor: a scale that follows a convolution, taken into it. */
export function scaleFilters(filters: Filters, factors: Float32Array): Filters {
  const size = filters.data.length / filters.dims[0];
  const data = new Float32Array(filters.data.length);
  for (let i = 0; i < data.length; i++) data[i] = filters.data[i]! * factors[Math.floor(i / size)]!;
  return { ...filters, data };
}

type Dims = readonly [number, number, number, number];

function fourDims({ dims, data }: Weight): Dims {
  if (dims.length === 4 && data instanceof Float32Array) return dims as unknown as Dims;
  throw new KeepsightError(
    "model_invalid",
    `A convolution needs filters of floats with four axes, not [${dims.join(", ")}]. Install the packages again with "npm ci".`,
  );
}
