/** Distance below which two labels would touch, CSS pixels. */
const MIN_DISTANCE = 22;

/**
 * Labels of a vertical scale that do not touch: `at` is 0–1 from the top; of labels too close to the one above, and of
 * those that would stick out at the bottom, the later is left out. y is in pixels.
 */
export function spreadLabels(
  labels: readonly { readonly label: string; readonly at: number }[],
  height: number,
): { readonly label: string; readonly y: number }[] {
  const kept: { label: string; y: number }[] = [];
  for (const { label, at } of labels) {
    const y = at * height;
    if (y - (kept.at(-1)?.y ?? -Infinity) >= MIN_DISTANCE && y <= height - MIN_DISTANCE / 2)
      kept.push({ label, y });
  }
  return kept;
}
