/**
 * Vision transformers with the operations and order in which PyTorch exports CLIP's image towers (opset 13: layer
 * normalisation and GELU taken apart), and made-up weights: for tests of, and benchmarks on, what does not depend on what
 * the weights have learned.
 */
import { createGraphBuilder, type GraphBuilder } from "../src/onnx/convert/graph-builder.ts";
import { createRandom } from "../src/math/random.ts";

/** The sizes of a vision transformer. */
export interface VitShape {
  /** Side of the square input, a multiple of `patchSize`, pixels. */
  readonly inputSize: number;
  readonly patchSize: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly dimensions: number;
  /**
   * How many times larger one number is than the others, as in some trained towers: of what comes out of each layer's
   * normalisations, and of each activation function. The matrices behind them make up for it. 1 where absent.
   */
  readonly outliers?: { readonly norm?: number; readonly activation?: number };
}

/** The image tower of CLIP ViT-B/32 at 224 pixels: 88 million numbers. */
export const VIT_B_32: VitShape = {
  inputSize: 224,
  patchSize: 32,
  width: 768,
  layers: 12,
  heads: 12,
  dimensions: 512,
};

/** Hidden numbers of the feed-forward pair for each number of the width. */
const EXPANSION = 4;
const EPSILON = 1e-5;

/** A tower under construction: the graph and where its weights come from. */
interface Tower {
  readonly graph: GraphBuilder;
  /** The next normally distributed number. */
  normal(): number;
  /** A tensor of normally distributed numbers of the given standard deviation. */
  weights(dims: readonly number[], deviation: number): string;
  scalar(value: number): string;
  readonly outliers: { readonly norm: number; readonly activation: number };
}

/** Factors of the first row and the first column of a matrix. */
interface Stretch {
  readonly row?: number;
  readonly column?: number;
}

/** The bytes of an .onnx file that turns `pixel_values` [1, 3, inputSize, inputSize] into `image_embeds` [1, dimensions]. */
export function createVitTower(shape: VitShape, seed = 1): Uint8Array {
  const graph = createGraphBuilder();
  const normal = createNormal(createRandom(seed));
  const tower: Tower = {
    graph,
    normal,
    weights(dims, deviation) {
      const count = dims.reduce((product, size) => product * size, 1);
      return graph.constant(
        dims,
        Float32Array.from({ length: count }, () => normal() * deviation),
      );
    },
    scalar: (value) => graph.constant([], new Float32Array([value])),
    outliers: { norm: 1, activation: 1, ...shape.outliers },
  };
  let hidden = addLayerNorm(tower, addPatches(tower, shape), shape.width);
  for (let layer = 0; layer < shape.layers; layer++) hidden = addLayer(tower, hidden, shape);
  const classToken = graph.node("Gather", [hidden, graph.constant([], BigInt64Array.of(0n))], { axis: 1 });
  const projection = tower.weights([shape.width, shape.dimensions], shape.width ** -0.5);
  const embedding = graph.node("MatMul", [addLayerNorm(tower, classToken, shape.width), projection]);
  const { inputSize, dimensions } = shape;
  return graph.finish({
    inputs: [{ name: "pixel_values", type: "float32", dims: [1, 3, inputSize, inputSize] }],
    outputs: [{ name: "image_embeds", type: "float32", dims: [1, dimensions], tensor: embedding }],
  });
}

/** Standard normal numbers (Box and Muller 1958). */
function createNormal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Patches, the class token in front of them, positions: [1, tokens, width]. */
function addPatches({ graph, weights }: Tower, { inputSize, patchSize, width }: VitShape): string {
  const patches = (inputSize / patchSize) ** 2;
  const kernel = weights([width, 3, patchSize, patchSize], (3 * patchSize ** 2) ** -0.5);
  const grid = graph.node("Conv", ["pixel_values", kernel], {
    kernel_shape: [patchSize, patchSize],
    strides: [patchSize, patchSize],
  });
  const rows = graph.node("Reshape", [grid, graph.constant([3], sizes(1, width, patches))]);
  const tokens = graph.node("Transpose", [rows], { perm: [0, 2, 1] });
  const all = graph.node("Concat", [weights([1, 1, width], 0.5), tokens], { axis: 1 });
  return graph.node("Add", [all, weights([1, patches + 1, width], 0.2)]);
}

function addLayer(tower: Tower, hidden: string, shape: VitShape): string {
  const { graph } = tower;
  const { width } = shape;
  const attended = addAttention(tower, addLayerNorm(tower, hidden, width, tower.outliers.norm), shape);
  const middle = graph.node("Add", [hidden, attended]);
  const { norm, activation } = tower.outliers;
  const expanded = addLinear(tower, addLayerNorm(tower, middle, width, norm), [width, width * EXPANSION], {
    row: 1 / norm,
    column: activation,
  });
  const contracted = addLinear(tower, addGelu(tower, expanded), [width * EXPANSION, width], {
    row: 1 / activation,
  });
  return graph.node("Add", [middle, contracted]);
}

function addAttention(tower: Tower, input: string, { inputSize, patchSize, width, heads }: VitShape): string {
  const { graph } = tower;
  const tokens = (inputSize / patchSize) ** 2 + 1;
  const stretch = { row: 1 / tower.outliers.norm };
  const split = graph.constant([4], sizes(1, tokens, heads, width / heads));
  const [queries, keys, values] = [0, 1, 2].map((part) => {
    const rows = graph.node("Reshape", [addLinear(tower, input, [width, width], stretch), split]);
    return graph.node("Transpose", [rows], { perm: part === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3] });
  });
  const scaled = graph.node("Mul", [queries!, tower.scalar((width / heads) ** -0.5)]);
  const shares = graph.node("Softmax", [graph.node("MatMul", [scaled, keys!])], { axis: -1 });
  const mixed = graph.node("Transpose", [graph.node("MatMul", [shares, values!])], { perm: [0, 2, 1, 3] });
  const joined = graph.node("Reshape", [mixed, graph.constant([3], sizes(1, tokens, width))]);
  return addLinear(tower, joined, [width, width]);
}

/** x · W + b. */
function addLinear(
  { graph, normal, weights }: Tower,
  input: string,
  [inputSize, outputSize]: readonly [number, number],
  { row = 1, column = 1 }: Stretch = {},
): string {
  const matrix = Float32Array.from({ length: inputSize * outputSize }, (_, i) => {
    const factor = (i < outputSize ? row : 1) * (i % outputSize === 0 ? column : 1);
    return normal() * factor * inputSize ** -0.5;
  });
  const product = graph.node("MatMul", [input, graph.constant([inputSize, outputSize], matrix)]);
  return graph.node("Add", [product, weights([outputSize], 0.05)]);
}

function addLayerNorm({ graph, weights, scalar }: Tower, input: string, width: number, outlier = 1): string {
  const mean = graph.node("ReduceMean", [input], { axes: [-1], keepdims: 1 });
  const centred = graph.node("Sub", [input, mean]);
  const squares = graph.node("Pow", [centred, scalar(2)]);
  const variance = graph.node("ReduceMean", [squares], { axes: [-1], keepdims: 1 });
  const deviation = graph.node("Sqrt", [graph.node("Add", [variance, scalar(EPSILON)])]);
  const unit = graph.node("Div", [centred, deviation]);
  const gain = graph.constant([width], new Float32Array(width).fill(1).fill(outlier, 0, 1));
  return graph.node("Add", [graph.node("Mul", [unit, gain]), weights([width], 0.05)]);
}

/** x · ½ (1 + erf(x / √2)). */
function addGelu({ graph, scalar }: Tower, input: string): string {
  const error = graph.node("Erf", [graph.node("Div", [input, scalar(Math.SQRT2)])]);
  const raised = graph.node("Mul", [input, graph.node("Add", [error, scalar(1)])]);
  return graph.node("Mul", [raised, scalar(0.5)]);
}

function sizes(...values: readonly number[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}
