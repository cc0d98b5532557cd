import { toFilters } from "./filters.ts";
import { createLayerNet, type LayerNet } from "./layer-net.ts";
import type { Weight } from "./read-weights.ts";

/**
 * face-api's net of 68 landmarks (Vincent Mühler 2018, `faceFeatureExtractor`): four densely connected blocks of depthwise
 * separable convolutions, each of which halves the picture, then a linear layer. `pixel_values` [N, 3, 112, 112] →
 * `landmarks` [N, 136], x and y in turn as fractions of the input.
 */

const INPUT_SIDE = 112;
const CHANNELS = 256;
const COORDINATES = 136;

/** The .onnx file of the net. Throws `model_invalid` when the weights are not those of this net. */
export function buildFaceLandmarks(weights: ReadonlyMap<string, Weight>): Uint8Array {
  const net = createLayerNet(weights);
  const { builder } = net;
  const first = toFilters(net.weight("dense0/conv0/filters"));
  const bias = net.vector("dense0/conv0/bias");
  let x = net.convolve("pixel_values", first, bias, { stride: 2, activation: "relu" });
  x = addDenseLayers(net, x, "dense0");
  for (const block of ["dense1", "dense2", "dense3"]) {
    x = net.convolveSeparably(x, `${block}/conv0`, { stride: 2, activation: "relu" });
    x = addDenseLayers(net, x, block);
  }
  const pooled = builder.node("Flatten", [builder.node("GlobalAveragePool", [x])]);
  const matrix = net.weight("fc/weights", [CHANNELS, COORDINATES]);
  const shift = net.vector("fc/bias");
  const landmarks = builder.node("Gemm", [
    pooled,
    builder.constant(matrix.dims, matrix.data),
    builder.constant([shift.length], shift),
  ]);
  return builder.finish({
    inputs: [{ name: "pixel_values", type: "float32", dims: ["batch", 3, INPUT_SIDE, INPUT_SIDE] }],
    outputs: [{ name: "landmarks", type: "float32", dims: ["batch", COORDINATES], tensor: landmarks }],
  });
}

/** Three more layers of a block: each sees the rectified sum of all before it, and so does the next block. */
function addDenseLayers(net: LayerNet, x: string, block: string): string {
  let sum = x;
  let input = x;
  for (const layer of ["conv1", "conv2", "conv3"]) {
    sum = net.add(sum, net.convolveSeparably(input, `${block}/${layer}`));
    input = net.relu(sum);
  }
  return input;
}
