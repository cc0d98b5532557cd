import { toFilters } from "./filters.ts";
import { type ConvolutionOptions, createLayerNet, foldScale, type LayerNet } from "./layer-net.ts";
import type { Weight } from "./read-weights.ts";

/**
 * dlib's face recogniser (Davis King 2017, `dnn_face_recognition_ex.cpp`), a ResNet with 29 convolutions, from the weights
 * that face-api carries: `pixel_values` [N, 3, 150, 150] → `embedding` [N, 128], not normalised. The scales that follow
 * each convolution are taken into it. dlib pads what is added: channels that a shortcut lacks are zeros, and so are the
 * last row and column that a halved feature map lacks.
 */

const INPUT_SIDE = 150;
const DIMENSIONS = 128;

/** Blocks of the net in order; one that halves has its shortcut pooled. */
const BLOCKS: readonly { readonly name: string; readonly halves: boolean; readonly widens: boolean }[] = [
  ...["conv32_1", "conv32_2", "conv32_3"].map(plainBlock),
  { name: "conv64_down", halves: true, widens: true },
  ...["conv64_1", "conv64_2", "conv64_3"].map(plainBlock),
  { name: "conv128_down", halves: true, widens: true },
  ...["conv128_1", "conv128_2"].map(plainBlock),
  { name: "conv256_down", halves: true, widens: true },
  ...["conv256_1", "conv256_2"].map(plainBlock),
  { name: "conv256_down_out", halves: true, widens: false },
];

function plainBlock(name: string) {
  return { name, halves: false, widens: false };
}

/** The .onnx file of the recogniser. Throws `model_invalid` when the weights are not those of this net. */
export function buildFaceRecognition(weights: ReadonlyMap<string, Weight>): Uint8Array {
  const net = createLayerNet(weights);
  const { builder } = net;
  const stem = convolveScaled(net, "pixel_values", "conv32_down", {
    stride: 2,
    padding: "valid",
    activation: "relu",
  });
  let x = builder.node("MaxPool", [stem], { kernel_shape: [3, 3], strides: [2, 2] });
  let side = halve(halve(INPUT_SIDE, 7), 3);
  for (const { name, halves, widens } of BLOCKS) {
    x = halves ? addHalvingBlock(net, x, { name, side, widens }) : addBlock(net, x, name);
    if (halves) side = Math.floor(side / 2);
  }
  const pooled = builder.node("Flatten", [builder.node("GlobalAveragePool", [x])]);
  const projection = net.weight("fc", [256, DIMENSIONS]);
  const embedding = builder.node("MatMul", [pooled, builder.constant(projection.dims, projection.data)]);
  return builder.finish({
    inputs: [{ name: "pixel_values", type: "float32", dims: ["batch", 3, INPUT_SIDE, INPUT_SIDE] }],
    outputs: [{ name: "embedding", type: "float32", dims: ["batch", DIMENSIONS], tensor: embedding }],
  });
}

function addBlock(net: LayerNet, x: string, name: string): string {
  const first = convolveScaled(net, x, `${name}/conv1`, { activation: "relu" });
  return net.relu(net.add(convolveScaled(net, first, `${name}/conv2`, {}), x));
}

function addHalvingBlock(
  net: LayerNet,
  x: string,
  { name, side, widens }: { name: string; side: number; widens: boolean },
): string {
  const { builder } = net;
  const first = convolveScaled(net, x, `${name}/conv1`, { stride: 2, padding: "valid", activation: "relu" });
  const second = convolveScaled(net, first, `${name}/conv2`, {});
  const shortcut = builder.node("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  const missing = Math.floor(side / 2) - halve(side, 3);
  const channels = net.vector(`${name}/conv2/conv/bias`).length;
  return net.relu(
    net.add(
      missing > 0 ? padEnd(net, second, [0, 0, missing, missing]) : second,
      widens ? padEnd(net, shortcut, [0, channels / 2, 0, 0]) : shortcut,
    ),
  );
}

/** Length of one side after an unpadded convolution or pooling of stride 2. */
function halve(side: number, kernel: number): number {
  return Math.floor((side - kernel) / 2) + 1;
}

function padEnd(net: LayerNet, x: string, ends: readonly number[]): string {
  const pads = BigInt64Array.from([0, 0, 0, 0, ...ends], BigInt);
  return net.builder.node("Pad", [x, net.builder.constant([8], pads)]);
}

function convolveScaled(net: LayerNet, x: string, name: string, options: ConvolutionOptions): string {
  const { filters, bias } = foldScale(
    toFilters(net.weight(`${name}/conv/filters`)),
    net.vector(`${name}/conv/bias`),
    { scale: net.vector(`${name}/scale/weights`), shift: net.vector(`${name}/scale/biases`) },
  );
  return net.convolve(x, filters, bias, options);
}
