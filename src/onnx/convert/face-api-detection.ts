import { toDepthwiseFilters, toFilters } from "./filters.ts";
import { createLayerNet, foldScale, type LayerNet } from "./layer-net.ts";
import type { Weight } from "./read-weights.ts";

/**
 * face-api's detector: SSD (Liu et al. 2016) on MobileNet v1 (Howard et al. 2017), trained on WIDER FACE; the layout is that
 * of TensorFlow's object detection API. `pixel_values` [N, 3, 512, 512] → `boxes` [N, 5118, 4], each x1, y1, x2, y2 as
 * fractions of the input, and `scores` [N, 5118, 1]. Batch normalisation is taken into the convolutions, the decoding of the
 * boxes into the graph.
 */

const INPUT_SIDE = 512;
const ANCHORS = 5118;
const LAYERS = 13;
/** Layers of MobileNet that halve the picture. */
const HALVING_LAYERS: ReadonlySet<number> = new Set([2, 4, 6, 12]);
/** The layer whose output is the finest feature map with anchors. */
const FINEST_LAYER = 11;
const NORMALISATION_EPSILON = 0.001;

/** Variances of the box encoding in TensorFlow's `faster_rcnn_box_coder`. */
const CENTRE_SCALE = 10;
const SIZE_SCALE = 5;

/** Background, face, and one that is never trained. */
const CLASSES = 3;
const FACE_CLASS = 1;

/** The .onnx file of the detector. Throws `model_invalid` when the weights are not those of this net. */
export function buildFaceDetection(weights: ReadonlyMap<string, Weight>): Uint8Array {
  const net = createLayerNet(weights);
  const { builder } = net;
  const featureMaps = addExtraLayers(net, addMobileNet(net));
  const heads = featureMaps.map((x, i) => ({
    boxes: addHead(net, x, `Prediction/BoxPredictor_${i}/BoxEncodingPredictor`, 4),
    classes: addHead(net, x, `Prediction/BoxPredictor_${i}/ClassPredictor`, CLASSES),
  }));
  const encodings = builder.node(
    "Concat",
    heads.map((head) => head.boxes),
    { axis: 1 },
  );
  const classes = builder.node(
    "Concat",
    heads.map((head) => head.classes),
    { axis: 1 },
  );
  const faceClass = builder.constant([1], BigInt64Array.of(BigInt(FACE_CLASS)));
  const scores = builder.node("Sigmoid", [builder.node("Gather", [classes, faceClass], { axis: 2 })]);
  return builder.finish({
    inputs: [{ name: "pixel_values", type: "float32", dims: ["batch", 3, INPUT_SIDE, INPUT_SIDE] }],
    outputs: [
      { name: "boxes", type: "float32", dims: ["batch", ANCHORS, 4], tensor: decodeBoxes(net, encodings) },
      { name: "scores", type: "float32", dims: ["batch", ANCHORS, 1], tensor: scores },
    ],
  });
}

/** Two feature maps: that of the finest layer with anchors, and the last. */
function addMobileNet(net: LayerNet): { finest: string; last: string } {
  let x = addPointwise(net, "pixel_values", "MobilenetV1/Conv2d_0_pointwise", 2);
  let finest = x;
  for (let layer = 1; layer <= LAYERS; layer++) {
    x = addDepthwise(net, x, `MobilenetV1/Conv2d_${layer}_depthwise`, HALVING_LAYERS.has(layer) ? 2 : 1);
    x = addPointwise(net, x, `MobilenetV1/Conv2d_${layer}_pointwise`, 1);
    if (layer === FINEST_LAYER) finest = x;
  }
  return { finest, last: x };
}

/** All six feature maps with anchors: those of MobileNet and four more, each half of the one before. */
function addExtraLayers(net: LayerNet, { finest, last }: { finest: string; last: string }): string[] {
  const featureMaps = [finest, last];
  let x = last;
  for (let layer = 0; layer < 8; layer += 2) {
    x = addPointwise(net, x, `Prediction/Conv2d_${layer}_pointwise`, 1);
    x = addPointwise(net, x, `Prediction/Conv2d_${layer + 1}_pointwise`, 2);
    featureMaps.push(x);
  }
  return featureMaps;
}

function addPointwise(net: LayerNet, x: string, name: string, stride: 1 | 2): string {
  const bias = net.vector(`${name}/convolution_bn_offset`);
  return net.convolve(x, toFilters(net.weight(`${name}/weights`)), bias, { stride, activation: "relu6" });
}

function addDepthwise(net: LayerNet, x: string, name: string, stride: 1 | 2): string {
  const [gamma, beta, mean, variance] = ["gamma", "beta", "moving_mean", "moving_variance"].map((part) =>
    net.vector(`${name}/BatchNorm/${part}`),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const scale = gamma.map((value, i) => value / Math.sqrt(variance[i]! + NORMALISATION_EPSILON));
  const shift = beta.map((value, i) => value - mean[i]! * scale[i]!);
  const unscaled = toDepthwiseFilters(net.weight(`${name}/depthwise_weights`));
  const { filters, bias } = foldScale(unscaled, new Float32Array(scale.length), { scale, shift });
  return net.convolve(x, filters, bias, { stride, activation: "relu6" });
}

/** The `width` numbers of each anchor of a feature map, [N, anchors, width]. */
function addHead(net: LayerNet, x: string, name: string, width: number): string {
  const { builder } = net;
  const filters = toFilters(net.weight(`${name}/weights`));
  const predicted = net.convolve(x, filters, net.vector(`${name}/biases`));
  const cellsFirst = builder.node("Transpose", [predicted], { perm: [0, 2, 3, 1] });
  return builder.node("Reshape", [
    cellsFirst,
    builder.constant([3], BigInt64Array.of(0n, -1n, BigInt(width))),
  ]);
}

/** Corners from offsets to anchors; the net speaks of y before x, its anchors are corners too. */
function decodeBoxes(net: LayerNet, encodings: string): string {
  const { builder } = net;
  const anchors = net.weight("Output/extra_dim", [1, ANCHORS, 4]).data;
  const perAnchor = (number: (y1x1: number, y2x2: number) => number): string => {
    const pairs = Float32Array.from({ length: ANCHORS * 2 }, (_, i) => {
      const at = (i >> 1) * 4 + (i & 1);
      return number(anchors[at]!, anchors[at + 2]!);
    });
    return builder.constant([ANCHORS, 2], pairs);
  };
  const [offsets, logarithms] = builder.nodes("Split", [encodings], 2, { axis: 2 }) as [string, string];
  const shifts = builder.node("Mul", [offsets, perAnchor((low, high) => (high - low) / CENTRE_SCALE)]);
  const centres = net.add(
    shifts,
    perAnchor((low, high) => low + (high - low) / 2),
  );
  const scaled = builder.node("Div", [logarithms, builder.constant([], Float32Array.of(SIZE_SCALE))]);
  const growth = builder.node("Exp", [scaled]);
  const halves = builder.node("Mul", [growth, perAnchor((low, high) => (high - low) / 2)]);
  const corners = builder.node("Concat", [builder.node("Sub", [centres, halves]), net.add(centres, halves)], {
    axis: 2,
  });
  return builder.node("Gather", [corners, builder.constant([4], BigInt64Array.of(1n, 0n, 3n, 2n))], {
    axis: 2,
  });
}
