/**
 * The same reading for `milliseconds` before it is made anew: for answers about the whole library that a person asks for
 * with every key. A reading that fails is not kept.
 */
export function rememberFor<T>(
  milliseconds: number,
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let reading: Promise<T> | undefined;
  let readAt = 0;
  return () => {
    if (reading !== undefined && now() - readAt < milliseconds) return reading;
    readAt = now();
    const begun = read();
    reading = begun;
    begun.catch(() => {
      if (reading === begun) reading = undefined;
    });
    return begun;
  };
}
