/**
 * A function that runs `action` once `intervalMs()` after its first call, however often it is called meanwhile; the next
 * call after that begins anew.
 */
export function throttle(action: () => void, intervalMs: () => number): { (): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const throttled = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      action();
    }, intervalMs());
  };
  throttled.cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return throttled;
}
