import type { ModelOutline, OutlineNode, OutlineTensor } from "./model-outline.ts";

/** The number of float32 in onnx.proto3. */
const FLOAT_32 = 1;

/** Smaller matrices cost next to nothing, and rounding their input would cost more. Elements. */
const MIN_ELEMENTS = 1 << 14;

/** A matrix that shrinks its input at least so much is the second of a transformer's feed-forward pair. */
const CONTRACTION = 2;

/** Operations whose second input, or first for Gather, is a table of learned numbers. */
const WEIGHT_INPUT: Readonly<Record<string, number>> = {
  Conv: 1,
  ConvTranspose: 1,
  Gather: 0,
  Gemm: 1,
  MatMul: 1,
};

/** A product with a learned matrix. */
export interface WeightedProduct {
  readonly node: OutlineNode;
  readonly weight: OutlineTensor;
  /** Rows of the matrix as it is multiplied: the length of what is multiplied with it. */
  readonly inputSize: number;
  /** Columns of the matrix as it is multiplied. */
  readonly outputSize: number;
  /** The file has the matrix with rows and columns exchanged. */
  readonly isTransposed: boolean;
}

export interface ChooseOptions {
  /** Leave out matrices that shrink what they get: what comes out of an activation function has outliers. */
  readonly leaveContractions: boolean;
}

/**
 * The products of a model that can be computed with whole numbers at little loss: MatMul and Gemm with a float32 matrix of
 * the model's own. Left alone are convolutions, tables, and of everything with learned numbers the first (what pixels or
 * tokens come in through) and the last (the projection into the space of embeddings): errors there are never averaged out.
 * A matrix that is used as it is and turned round stays too.
 */
export function chooseProducts(
  { parts }: ModelOutline,
  { leaveContractions }: ChooseOptions,
): readonly WeightedProduct[] {
  const nodes = parts.flatMap((part) => (part.kind === "node" ? [part.node] : []));
  const tensors = new Map(
    parts.flatMap((part) => (part.kind === "tensor" ? [[part.tensor.name, part.tensor] as const] : [])),
  );
  const weighted = nodes.flatMap((node) => {
    const weight = tensors.get(node.inputs[WEIGHT_INPUT[node.operator] ?? -1] ?? "");
    return weight === undefined || weight.dims.length < 2 ? [] : [{ node, weight }];
  });
  const products = weighted.slice(1, -1).flatMap(({ node, weight }) => toProduct(node, weight) ?? []);
  return products.filter(({ weight, inputSize, outputSize, isTransposed }) => {
    const isTurnedElsewhere = products.some(
      (other) => other.weight === weight && other.isTransposed !== isTransposed,
    );
    const isLeft = leaveContractions && inputSize >= CONTRACTION * outputSize;
    return !isTurnedElsewhere && !isLeft;
  });
}

function toProduct(node: OutlineNode, weight: OutlineTensor): WeightedProduct | undefined {
  const [rows = 0, columns = 0] = weight.dims;
  const isMatrix = weight.dims.length === 2 && rows * columns >= MIN_ELEMENTS;
  if (!isMatrix || weight.dataType !== FLOAT_32 || weight.place === undefined || !node.isStandard)
    return undefined;
  if (node.operator === "MatMul")
    return { node, weight, inputSize: rows, outputSize: columns, isTransposed: false };
  if (node.operator !== "Gemm" || !isPlainGemm(node)) return undefined;
  return node.integers["transB"] === 1
    ? { node, weight, inputSize: columns, outputSize: rows, isTransposed: true }
    : { node, weight, inputSize: rows, outputSize: columns, isTransposed: false };
}

/** x · W + b without factors, x as it is. */
function isPlainGemm({ integers, floats }: OutlineNode): boolean {
  return (integers["transA"] ?? 0) === 0 && (floats["alpha"] ?? 1) === 1 && (floats["beta"] ?? 1) === 1;
}
