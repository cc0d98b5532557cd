/** The largest buffer that was given back; empty while it is lent. */
let kept = new Float32Array(0);

/**
 * What `work` gives back, done with `count` floats that hold anything and belong to others once it has ended. The largest
 * buffer is kept for the next loan: to allocate the input of a text detector anew for each photo (16 MB) costs page
 * faults and full garbage collections.
 */
export async function lendFloats<T>(count: number, work: (floats: Float32Array) => Promise<T>): Promise<T> {
  const lent = kept.length >= count ? kept : new Float32Array(count);
  kept = new Float32Array(0);
  try {
    return await work(lent.subarray(0, count));
  } finally {
    if (lent.length > kept.length) kept = lent;
  }
}
