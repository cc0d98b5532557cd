/**
 * A function that computes its value once and shares it among all callers. A rejected attempt is forgotten, so that the
 * next caller tries again instead of inheriting an old failure.
 */
export function memoizeAsync<T>(compute: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => {
    pending ??= compute().catch((error: unknown) => {
      pending = undefined;
      throw error;
    });
    return pending;
  };
}
