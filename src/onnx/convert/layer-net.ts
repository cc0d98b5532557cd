import { KeepsightError } from "../../core/errors.ts";
import { type Filters, scaleFilters, toDepthwiseFilters, toFilters } from "./filters.ts";
import { createGraphBuilder, type GraphBuilder } from "./graph-builder.ts";
import type { Weight } from "./read-weights.ts";

/** How a convolution goes over its input; `same` pads as TensorFlow does, `valid` not at all. */
export interface ConvolutionOptions {
  readonly stride?: 1 | 2;
  readonly padding?: "same" | "valid";
  readonly activation?: "none" | "relu" | "relu6";
}

/** Layers of which the nets of face-api are made, put into one graph; all tensors are [N, C, H, W]. */
export interface LayerNet {
  readonly builder: GraphBuilder;
  /** The weights of that name. Throws `model_invalid` when there are none, or with other axes than `dims`. */
  weight(name: string, dims?: readonly number[]): Weight;
  /** The numbers of the one-dimensional weights of that name. */
  vector(name: string): Float32Array;
  convolve(x: string, filters: Filters, bias: Float32Array | undefined, options?: ConvolutionOptions): string;
  /** A depthwise convolution, then one of single pixels with a bias. */
  convolveSeparably(x: string, prefix: string, options?: ConvolutionOptions): string;
  relu(x: string): string;
  add(a: string, b: string): string;
}

/** An empty net that takes its weights from a weight map. */
export function createLayerNet(weights: ReadonlyMap<string, Weight>): LayerNet {
  const builder = createGraphBuilder();

  function weight(name: string, dims?: readonly number[]): Weight {
    const found = weights.get(name);
    if (found !== undefined && (dims === undefined || dims.join() === found.dims.join())) return found;
    throw new KeepsightError(
      "model_invalid",
      `The weights "${name}" are ${found === undefined ? "missing" : `[${found.dims.join(", ")}] where [${dims!.join(", ")}] are expected`}. Install the packages again with "npm ci".`,
    );
  }

  function vector(name: string): Float32Array {
    const { dims, data } = weight(name);
    if (dims.length === 1 && data instanceof Float32Array) return data;
    throw new KeepsightError("model_invalid", `The weights "${name}" are not a list of floats.`);
  }

  function relu(x: string): string {
    return builder.node("Relu", [x]);
  }

  function activate(x: string, activation: ConvolutionOptions["activation"]): string {
    if (activation === "relu") return relu(x);
    if (activation !== "relu6") return x;
    const bounds = [0, 6].map((bound) => builder.constant([], Float32Array.of(bound)));
    return builder.node("Clip", [x, ...bounds]);
  }

  function convolve(
    x: string,
    filters: Filters,
    bias: Float32Array | undefined,
    { stride = 1, padding = "same", activation = "none" }: ConvolutionOptions = {},
  ): string {
    const inputs = [x, builder.constant(filters.dims, filters.data)];
    if (bias !== undefined) inputs.push(builder.constant([bias.length], bias));
    const convolved = builder.node("Conv", inputs, {
      auto_pad: padding === "same" ? "SAME_UPPER" : "VALID",
      group: filters.groups,
      kernel_shape: filters.dims.slice(2),
      strides: [stride, stride],
    });
    return activate(convolved, activation);
  }

  return {
    builder,
    weight,
    vector,
    convolve,
    convolveSeparably(x, prefix, { stride = 1, activation = "none" } = {}) {
      const depthwise = convolve(x, toDepthwiseFilters(weight(`${prefix}/depthwise_filter`)), undefined, {
        stride,
      });
      const pointwise = toFilters(weight(`${prefix}/pointwise_filter`));
      return convolve(depthwise, pointwise, vector(`${prefix}/bias`), { activation });
    },
    relu,
    add: (a, b) => builder.node("Add", [a, b]),
  };
}

/** Filters and bias of a convolution followed by channel · scale + shift. */
export function foldScale(
  filters: Filters,
  bias: Float32Array,
  { scale, shift }: { readonly scale: Float32Array; readonly shift: Float32Array },
): { filters: Filters; bias: Float32Array } {
  return {
    filters: scaleFilters(filters, scale),
    bias: bias.map((value, i) => value * scale[i]! + shift[i]!),
  };
}
