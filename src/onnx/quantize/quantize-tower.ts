import { closeSync, openSync, rmSync, writeSync, fsyncSync } from "node:fs";
import { dirname, join, basename } from "node:path";
import { KeepsightError } from "../../core/errors.ts";
import { DATA_TYPE, encodeNode, type OnnxNode } from "../convert/encode-model.ts";
import { joinBytes, lengthDelimitedField, lengthDelimitedHead, varintField } from "../convert/protobuf.ts";
import { chooseProducts, type ChooseOptions, type WeightedProduct } from "./choose-weights.ts";
import { type FileBytes, openFileBytes } from "./file-bytes.ts";
import { type ModelOutline, type OutlineTensor, readModelOutline, type GraphPart } from "./model-outline.ts";
import { quantizeMatrix } from "./quantize-matrix.ts";
import type { ByteRange } from "./read-fields.ts";

/**
 * Makes the matrix products of a transformer compute with 8-bit whole numbers, in the form that ONNX Runtime fuses into one
 * operation (DynamicQuantizeLinear, MatMulInteger, Cast, Mul; quantisation of what comes in is decided at each run):
 *
 *   y = x · W   becomes   y = float(q(x) · q(W)) · (scale of x · scales of W)
 *
 * The contract:
 * - everything else of the model stays as it is, byte by byte; names of inputs and outputs stay;
 * - the model is never in memory as a whole: at most one of its tensors is, and its outline;
 * - tensors in a file beside the model are brought into the new one, which must stay below 2 GB, the limit of the format;
 * - the same model gives the same bytes.
 */

/** From this opset on there is DynamicQuantizeLinear. */
const MIN_OPSET = 11;

/** Before it, tensors of the model had to be named among its inputs too. */
const IR_WITHOUT_TENSOR_INPUTS = 4;

/** A protobuf message must stay below this, bytes. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

const INT_8 = 3;
const COPY_BYTES = 1 << 23;

/** Begins the names of everything new; exports have no such names. */
const PREFIX = "keepsight_int8";

/** What became of a tower. */
export interface QuantizedTower {
  /** Products that compute with whole numbers now. */
  readonly productCount: number;
  /** Share of all numbers of the model that are whole now, 0–1. */
  readonly quantizedShare: number;
  /** Names of the files beside the model that it is made of and the new one does without. */
  readonly externalFiles: readonly string[];
}

/** A piece of the new file: bytes, a part of a file, or bytes made when they are written. */
type Piece =
  | { readonly byteLength: number; readonly bytes: Uint8Array }
  | { readonly byteLength: number; readonly file: FileBytes; readonly start: number }
  | { readonly byteLength: number; make(): Uint8Array };

/**
 * Writes the model at `source` anew at `destination` with 8-bit products; a file that is there is replaced. Throws
 * `conflict` when the model has nothing to quantise or cannot be quantised, with a reason that follows the model's name in
 * a sentence, and `model_invalid` when it cannot be read.
 */
export function quantizeTower(source: string, destination: string, options: ChooseOptions): QuantizedTower {
  using files = new DisposableStack();
  const open = (path: string) => {
    const file = openFileBytes(path);
    files.defer(() => file.close());
    return file;
  };
  const file = open(source);
  const outline = readOutline(file, source);
  const products = chooseProducts(outline, options);
  assertQuantizable(outline, products);
  const externalFiles = new Map<string, FileBytes>();
  const placeOf = ({ place, name }: OutlineTensor): { file: FileBytes } & ByteRange => {
    if (place === undefined)
      throw new KeepsightError("conflict", `has a tensor "${name}" in a form that is not known`);
    if (place.fileName === undefined) return { ...place, file };
    // A name that leads out of the model's folder would make the model read whatever it likes.
    const path = join(dirname(source), basename(place.fileName));
    const external = externalFiles.get(path) ?? open(path);
    externalFiles.set(path, external);
    return { ...place, file: external };
  };
  writePieces(destination, buildModel(outline, products, { file, placeOf }));
  return {
    productCount: products.length,
    quantizedShare: shareOf(outline, products),
    externalFiles: [...externalFiles.keys()].map((path) => basename(path)),
  };
}

function readOutline(file: FileBytes, path: string): ModelOutline {
  try {
    return readModelOutline(file);
  } catch (error) {
    throw new KeepsightError(
      "model_invalid",
      `${path} cannot be read as an ONNX model (${(error as Error).message}).`,
      {
        cause: error,
      },
    );
  }
}

function assertQuantizable({ opset, parts }: ModelOutline, products: readonly WeightedProduct[]): void {
  const refuse = (reason: string) => {
    throw new KeepsightError("conflict", reason);
  };
  if (opset < MIN_OPSET)
    refuse(`is written for version ${opset} of ONNX's operations where ${MIN_OPSET} is needed`);
  if (parts.some((part) => part.kind === "node" && part.node.hasSubgraph)) refuse("has branches or loops");
  if (products.length === 0) refuse("has no large matrix products, as transformers have them");
}

/** Share of the model's float32 numbers that belong to the products. */
function shareOf({ parts }: ModelOutline, products: readonly WeightedProduct[]): number {
  const elements = (tensors: Iterable<OutlineTensor>) =>
    [...tensors].reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1), 0);
  const all = parts.flatMap((part) => (part.kind === "tensor" ? [part.tensor] : []));
  return elements(new Set(products.map(({ weight }) => weight))) / elements(all);
}

interface Source {
  readonly file: FileBytes;
  placeOf(tensor: OutlineTensor): { file: FileBytes } & ByteRange;
}

function buildModel(outline: ModelOutline, products: readonly WeightedProduct[], source: Source): Piece[] {
  const graph = buildGraph(outline, products, source);
  const head = lengthDelimitedHead(7, sumBytes(graph));
  return [
    ofBytes(varintField(1, Math.max(outline.irVersion, IR_WITHOUT_TENSOR_INPUTS))),
    ...outline.otherFields.map((range) => ofRange(source.file, range)),
    ofBytes(head),
    ...graph,
  ];
}

function buildGraph({ parts }: ModelOutline, products: readonly WeightedProduct[], source: Source): Piece[] {
  const byNode = new Map(products.map((product) => [product.node, product]));
  const quantized = new Set(products.map(({ weight }) => weight));
  const stillUsed = new Set(
    parts.flatMap((part) => (part.kind === "node" && !byNode.has(part.node) ? part.node.inputs : [])),
  );
  const tensorNames = new Set(parts.flatMap((part) => (part.kind === "tensor" ? [part.tensor.name] : [])));
  const newNodes = createProductNodes();

  function build(part: GraphPart): Piece[] {
    switch (part.kind) {
      case "node": {
        const product = byNode.get(part.node);
        if (product === undefined) return [ofRange(source.file, part.whole)];
        return newNodes(product).map((node) => ofBytes(lengthDelimitedField(1, encodeNode(node))));
      }
      case "tensor": {
        const kept =
          quantized.has(part.tensor) && !stillUsed.has(part.tensor.name) ? [] : keepTensor(part, source);
        return [...kept, ...(quantized.has(part.tensor) ? addMatrix(part.tensor, products, source) : [])];
      }
      case "input":
        return tensorNames.has(part.name) ? [] : [ofRange(source.file, part.whole)];
      case "other":
        return [ofRange(source.file, part.whole)];
    }
  }
  return parts.flatMap(build);
}

/** Makes the operations that take the place of a product; what comes into several products is quantised once. */
function createProductNodes(): (product: WeightedProduct) => OnnxNode[] {
  const prepared = new Set<string>();
  return ({ node, weight }) => {
    const [input = "", , bias = ""] = node.inputs;
    const [output = ""] = node.outputs;
    const [values, scale, zeroPoint] = ["values", "scale", "zero"].map(
      (part) => `${PREFIX}_${part}/${input}`,
    );
    const name = (part: string) => `${PREFIX}_${part}/${output}`;
    const isPrepared = prepared.has(input);
    prepared.add(input);
    const product = bias === "" ? output : name("unbiased");
    return [
      ...(isPrepared ? [] : [operation("DynamicQuantizeLinear", [input], [values!, scale!, zeroPoint!])]),
      operation("MatMulInteger", [values!, matrixName(weight), zeroPoint!], [name("sum")]),
      operation("Cast", [name("sum")], [name("float")], { to: DATA_TYPE.float32 }),
      operation("Mul", [scale!, scalesName(weight)], [name("scale")]),
      operation("Mul", [name("float"), name("scale")], [product]),
      ...(bias === "" ? [] : [operation("Add", [product, bias], [output])]),
    ];
  };
}

function operation(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxNode["attributes"] = {},
): OnnxNode {
  return { operator, inputs, outputs, attributes };
}

const matrixName = ({ name }: OutlineTensor) => `${PREFIX}_matrix/${name}`;
const scalesName = ({ name }: OutlineTensor) => `${PREFIX}_scales/${name}`;

/** The tensor as it is; numbers from another file are brought into this one. */
function keepTensor(part: GraphPart & { readonly kind: "tensor" }, { file, placeOf }: Source): Piece[] {
  const { tensor, whole } = part;
  if (tensor.place?.fileName === undefined) return [ofRange(file, whole)];
  const place = placeOf(tensor);
  return encodeTensor(tensor, ofRange(place.file, place));
}

/** The 8-bit matrix, and its scales behind it. */
function addMatrix(
  weight: OutlineTensor,
  products: readonly WeightedProduct[],
  { placeOf }: Source,
): Piece[] {
  const shape = products.find((product) => product.weight === weight)!;
  const { inputSize, outputSize } = shape;
  let scales: Float32Array | undefined;
  const makeValues = () => {
    const { file, start, end } = placeOf(weight);
    const bytes = file.read(start, end - start);
    const matrix = quantizeMatrix(new Float32Array(bytes.buffer, 0, inputSize * outputSize), shape);
    ({ scales } = matrix);
    return toBytes(matrix.values);
  };
  return [
    ...encodeTensor(
      { name: matrixName(weight), dims: [inputSize, outputSize], dataType: INT_8 },
      { byteLength: inputSize * outputSize, make: makeValues },
    ),
    ...encodeTensor(
      { name: scalesName(weight), dims: [outputSize], dataType: DATA_TYPE.float32 },
      { byteLength: outputSize * 4, make: () => toBytes(scales!) },
    ),
  ];
}

/** A field of the graph with a tensor whose numbers are `data`. */
function encodeTensor(
  { name, dims, dataType }: Pick<OutlineTensor, "name" | "dims" | "dataType">,
  data: Piece,
): Piece[] {
  const head = joinBytes([
    ...dims.map((size) => varintField(1, size)),
    varintField(2, dataType),
    lengthDelimitedField(8, name),
    lengthDelimitedHead(9, data.byteLength),
  ]);
  return [ofBytes(joinBytes([lengthDelimitedHead(5, head.byteLength + data.byteLength), head])), data];
}

function ofBytes(bytes: Uint8Array): Piece {
  return { byteLength: bytes.byteLength, bytes };
}

function ofRange(file: FileBytes, { start, end }: ByteRange): Piece {
  return { byteLength: end - start, file, start };
}

function toBytes({ buffer, byteOffset, byteLength }: Int8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sumBytes(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Writes a file piece by piece; none is left when that fails. */
function writePieces(path: string, pieces: readonly Piece[]): void {
  const byteLength = sumBytes(pieces);
  if (byteLength > MAX_MODEL_BYTES)
    throw new KeepsightError("conflict", `would have ${byteLength} bytes where ONNX files end at 2 GB`);
  const descriptor = openSync(path, "w");
  try {
    for (const piece of pieces) for (const bytes of readPiece(piece)) writeAll(descriptor, bytes);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function* readPiece(piece: Piece): Generator<Uint8Array, void, undefined> {
  if ("bytes" in piece) yield piece.bytes;
  else if ("make" in piece) yield piece.make();
  else {
    for (let at = 0; at < piece.byteLength; at += COPY_BYTES)
      yield piece.file.read(piece.start + at, Math.min(COPY_BYTES, piece.byteLength - at));
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength;) at += writeSync(descriptor, bytes, at, bytes.byteLength - at);
}
