import { KeepsightError } from "../../core/errors.ts";

/**
 * How far from 1 the squared length may be for an embedding to count as normalised: float32 rounding of 4,096 values is
 * below 1e-6. Such an embedding is kept bit for bit, so that storing what `get` gave back changes nothing.
 */
const UNIT_TOLERANCE = 1e-6;

/**
 * The embedding scaled to length 1, as a new array. `what` names it in the `bad_request` thrown when it has another
 * dimension, a value that is not finite, or no direction.
 */
export function toUnitEmbedding(embedding: Float32Array, dimensions: number, what: string): Float32Array {
  const squaredLength = checkEmbedding(embedding, dimensions, what);
  if (Math.abs(squaredLength - 1) <= UNIT_TOLERANCE) return embedding.slice();
  const length = Math.sqrt(squaredLength);
  return embedding.map((value) => value / length);
}

/** The squared length of an embedding that can be stored; throws `bad_request` like {@link toUnitEmbedding}. */
export function checkEmbedding(embedding: Float32Array, dimensions: number, what: string): number {
  if (embedding.length !== dimensions) {
    throw new KeepsightError(
      "bad_request",
      `${what} has ${embedding.length} dimensions, the index ${dimensions}; both must come from the same model.`,
    );
  }
  let squaredLength = 0;
  for (let i = 0; i < dimensions; i++) squaredLength += embedding[i]! * embedding[i]!;
  if (!Number.isFinite(squaredLength)) {
    throw new KeepsightError(
      "bad_request",
      `${what} holds values that are not finite numbers; compute it again.`,
    );
  }
  if (squaredLength === 0) {
    throw new KeepsightError(
      "bad_request",
      `${what} is all zeros and points nowhere; leave it out of the index.`,
    );
  }
  return squaredLength;
}
