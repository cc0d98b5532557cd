/**
 * Tiny object detectors in the layout of published exports, for tests: 300 queries look at 20 × 15 cells of the photo and
 * call a red cell "person", a green one "bicycle", a blue one "car", with the cell as its box.
 */
import { createGraphBuilder, type GraphBuilder } from "../src/onnx/convert/graph-builder.ts";

const INPUT_SIZE = 640;
const COLUMNS = 20;
const ROWS = 15;
const QUERIES = COLUMNS * ROWS;
/** Pixels of a cell; the last rows of the input are in no cell. */
const CELL = { width: INPUT_SIZE / COLUMNS, height: Math.floor(INPUT_SIZE / ROWS) };
/** What a channel says about its class: logit = 16 · level − 8, so that half a cell of a colour is undecided. */
const GAIN = 16;
const BIAS = -8;
/** ONNX's number for float32, for casts. */
const FLOAT = 1;

/** Side of the input, and the cell at a place, in pixels of the input. */
export const DETECTOR_INPUT_SIZE = INPUT_SIZE;
export function detectorCell(column: number, row: number) {
  return { x: column * CELL.width, y: row * CELL.height, ...CELL };
}

/** As Hugging Face exports D-FINE and RT-DETR: `pixel_values` → `logits` of `classes` classes, `pred_boxes` as fractions. */
export function createDetr(classes: number): Uint8Array {
  const graph = createGraphBuilder();
  return graph.finish({
    inputs: [{ name: "pixel_values", type: "float32", dims: ["batch_size", 3, INPUT_SIZE, INPUT_SIZE] }],
    outputs: [
      {
        name: "logits",
        type: "float32",
        dims: ["batch_size", QUERIES, classes],
        tensor: addLogits(graph, "pixel_values", classes),
      },
      {
        name: "pred_boxes",
        type: "float32",
        dims: ["batch_size", QUERIES, 4],
        tensor: graph.node("Identity", [graph.constant([1, QUERIES, 4], centreBoxes())]),
      },
    ],
  });
}

/** As the authors of D-FINE and RT-DETR export them: `images`, `orig_target_sizes` → `labels`, `boxes`, `scores`. */
export function createDecodedDetr(): Uint8Array {
  const graph = createGraphBuilder();
  const { labels, scores } = addDecisions(graph, "images");
  const size = graph.node("Cast", ["orig_target_sizes"], { to: FLOAT });
  const corners = graph.node("Concat", [size, size], { axis: 1 });
  const perQuery = graph.node("Unsqueeze", [corners, graph.constant([1], BigInt64Array.of(1n))]);
  const boxes = graph.node("Mul", [graph.constant([1, QUERIES, 4], cornerBoxes(1)), perQuery]);
  return graph.finish({
    inputs: [
      { name: "images", type: "float32", dims: ["N", 3, INPUT_SIZE, INPUT_SIZE] },
      { name: "orig_target_sizes", type: "int64", dims: ["N", 2] },
    ],
    outputs: [
      { name: "labels", type: "int64", dims: ["N", QUERIES], tensor: labels },
      { name: "boxes", type: "float32", dims: ["N", QUERIES, 4], tensor: boxes },
      { name: "scores", type: "float32", dims: ["N", QUERIES], tensor: scores },
    ],
  });
}

/** As Ultralytics exports YOLO with its suppression: `images` → `output0` [1, 300, 6] of corners, score and class. */
export function createEndToEndYolo(): Uint8Array {
  const graph = createGraphBuilder();
  const { labels, scores } = addDecisions(graph, "images");
  const last = graph.constant([1], BigInt64Array.of(2n));
  const column = (tensor: string) => graph.node("Unsqueeze", [tensor, last]);
  const boxes = graph.constant([1, QUERIES, 4], cornerBoxes(INPUT_SIZE));
  const classes = graph.node("Cast", [labels], { to: FLOAT });
  return graph.finish({
    inputs: [{ name: "images", type: "float32", dims: [1, 3, INPUT_SIZE, INPUT_SIZE] }],
    outputs: [
      {
        name: "output0",
        type: "float32",
        dims: [1, QUERIES, 6],
        tensor: graph.node("Concat", [boxes, column(scores), column(classes)], { axis: 2 }),
      },
    ],
  });
}

/** The name of the logits [1, queries, classes]: the mean colour of each cell, red for the first class and so on. */
function addLogits(graph: GraphBuilder, input: string, classes: number): string {
  const kernel = [CELL.height, CELL.width];
  const means = graph.node("AveragePool", [input], { kernel_shape: kernel, strides: kernel });
  const rows = graph.node("Reshape", [means, graph.constant([3], BigInt64Array.of(1n, 3n, BigInt(QUERIES)))]);
  const colours = graph.node("Transpose", [rows], { perm: [0, 2, 1] });
  const weights = new Float32Array(3 * classes);
  for (let colour = 0; colour < 3; colour++) weights[colour * classes + colour] = GAIN;
  const weighted = graph.node("MatMul", [colours, graph.constant([3, classes], weights)]);
  return graph.node("Add", [weighted, graph.constant([1], Float32Array.of(BIAS))]);
}

function addDecisions(graph: GraphBuilder, input: string): { labels: string; scores: string } {
  const logits = addLogits(graph, input, 80);
  const best = graph.node("ReduceMax", [logits], { axes: [2], keepdims: 0 });
  return {
    labels: graph.node("ArgMax", [logits], { axis: 2, keepdims: 0 }),
    scores: graph.node("Sigmoid", [best]),
  };
}

function cells(): { x: number; y: number; width: number; height: number }[] {
  return Array.from({ length: QUERIES }, (_, i) => detectorCell(i % COLUMNS, Math.floor(i / COLUMNS)));
}

function centreBoxes(): Float32Array {
  const boxes = cells().flatMap(({ x, y, width, height }) => [x + width / 2, y + height / 2, width, height]);
  return Float32Array.from(boxes, (length) => length / INPUT_SIZE);
}

function cornerBoxes(scale: number): Float32Array {
  const boxes = cells().flatMap(({ x, y, width, height }) => [x, y, x + width, y + height]);
  return Float32Array.from(boxes, (length) => (length / INPUT_SIZE) * scale);
}
