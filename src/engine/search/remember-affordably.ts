/** A reading that takes no longer than this is made anew for everybody who asks, milliseconds. */
const CHEAP_MS = 4;

/** A costly one is made again so many times its own duration after it ended, and not sooner than {@link MIN_REST_MS}. */
const REST_FACTOR = 20;
const MIN_REST_MS = 5000;

/**
 * As fresh as is affordable: what is read quickly is read whenever somebody asks; what takes longer is answered from the last
 * reading at once, while a new one is made from time to time. Only the first to ask ever waits.
 */
export function rememberAffordably<T>(
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let last: { readonly value: T; readonly durationMs: number; readonly endedAt: number } | undefined;
  let reading: Promise<T> | undefined;

  function readAnew(): Promise<T> {
    const startedAt = now();
    reading ??= read()
      .then((value) => {
        const endedAt = now();
        last = { value, durationMs: endedAt - startedAt, endedAt };
        return value;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  return async () => {
    if (last === undefined || last.durationMs <= CHEAP_MS) return readAnew();
    const restMs = Math.max(MIN_REST_MS, last.durationMs * REST_FACTOR);
    // What goes wrong now is found out by whoever asks next time.
    if (now() - last.endedAt > restMs) readAnew().catch(() => {});
    return last.value;
  };
}
