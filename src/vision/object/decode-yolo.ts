import { KeepsightError } from "../../core/errors.ts";
import type { FloatOutput } from "../run-single.ts";
import type { DecodeOptions, ObjectCandidate } from "./object-candidate.ts";

/**
 * Decoders of the two YOLO heads: YOLOX (Ge et al. 2021, `yolox/utils/demo_utils.py`: grid offsets and objectness) and
 * YOLOv8 (Ultralytics, also YOLO11: ready boxes, no objectness). Cost: O(cells · classes), for YOLOX only where the objectness passes.
 *
 * - Boxes come out in pixels of the model's input.
 * - Scores have passed the sigmoid inside the graph.
 */

/** Candidates of a YOLOX output [1, cells, 5 + classes]. Throws `model_invalid` when the shape does not fit the input. */
export function decodeYolox({ data, dims }: FloatOutput, options: DecodeOptions): ObjectCandidate[] {
  const [, cells = 0, columns = 0] = dims;
  const grid = createGrid(options.inputSize);
  if (grid.length !== cells) {
    throw new KeepsightError(
      "model_invalid",
      `The model gives ${cells} cells where an input of ${options.inputSize} pixels makes ${grid.length}: its catalogue entry has a wrong input size.`,
    );
  }
  const candidates: ObjectCandidate[] = [];
  for (const [i, cell] of grid.entries()) {
    const at = i * columns;
    const objectness = data[at + 4]!;
    if (objectness < options.scoreThreshold) continue;
    const width = Math.exp(data[at + 2]!) * cell.stride;
    const height = Math.exp(data[at + 3]!) * cell.stride;
    const x = (data[at]! + cell.x) * cell.stride - width / 2;
    const y = (data[at + 1]! + cell.y) * cell.stride - height / 2;
    const classScores = { data, start: at + 5, step: 1, count: columns - 5, factor: objectness };
    for (const [classIndex, score] of passingClasses(classScores, options)) {
      candidates.push({ box: { x, y, width, height }, score, classIndex });
    }
  }
  return candidates;
}

/** Candidates of a YOLOv8 output [1, 4 + classes, cells], boxes as centre and size. */
export function decodeYolov8({ data, dims }: FloatOutput, options: DecodeOptions): ObjectCandidate[] {
  const [, rows = 0, cells = 0] = dims;
  const best = bestScoreOfCells(data, rows, cells);
  const candidates: ObjectCandidate[] = [];
  for (let i = 0; i < cells; i++) {
    if (best[i]! < options.scoreThreshold) continue;
    const width = data[2 * cells + i]!;
    const height = data[3 * cells + i]!;
    const x = data[i]! - width / 2;
    const y = data[cells + i]! - height / 2;
    const classScores = { data, start: 4 * cells + i, step: cells, count: rows - 4, factor: 1 };
    for (const [classIndex, score] of passingClasses(classScores, options)) {
      candidates.push({ box: { x, y, width, height }, score, classIndex });
    }
  }
  return candidates;
}

/** Strides of the three feature maps of both heads, pixels. */
const STRIDES = [8, 16, 32];

function createGrid(inputSize: number): { x: number; y: number; stride: number }[] {
  return STRIDES.flatMap((stride) => {
    const side = Math.floor(inputSize / stride);
    return Array.from({ length: side * side }, (_, i) => ({ x: i % side, y: Math.floor(i / side), stride }));
  });
}

/** Read in the order of memory: 12 times faster than cell by cell. */
function bestScoreOfCells(data: Float32Array, rows: number, cells: number): Float32Array {
  const best = new Float32Array(cells);
  for (let row = 4; row < rows; row++) {
    const start = row * cells;
    for (let i = 0; i < cells; i++) if (data[start + i]! > best[i]!) best[i] = data[start + i]!;
  }
  return best;
}

interface ClassScores {
  readonly data: Float32Array;
  readonly start: number;
  readonly step: number;
  readonly count: number;
  /** Objectness, where the head has one. */
  readonly factor: number;
}

function passingClasses(
  { data, start, step, count, factor }: ClassScores,
  { scoreThreshold, classesPerCell }: DecodeOptions,
): [classIndex: number, score: number][] {
  const passing: [number, number][] = [];
  let best: [number, number] = [0, -Infinity];
  for (let i = 0; i < count; i++) {
    const score = data[start + i * step]! * factor;
    if (score >= scoreThreshold) passing.push([i, score]);
    if (score > best[1]) best = [i, score];
  }
  return classesPerCell === "all" || passing.length === 0 ? passing : [best];
}
