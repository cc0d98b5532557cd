/**
 * The embedding as little-endian float32 bytes, in memory of its own (a view into a larger array would travel to the
 * database thread with all of that array). Every platform that Node runs models on is little-endian.
 */
export function toEmbeddingBytes(embedding: Float32Array): Uint8Array {
  return new Uint8Array(embedding.slice().buffer);
}

/** The embedding that the bytes hold, sharing their memory where alignment allows. */
export function fromEmbeddingBytes(bytes: Uint8Array): Float32Array {
  const isAligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset, byteLength } = isAligned ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
}
