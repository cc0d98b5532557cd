/** The median of values, and how far the upper half of them is spread. */
export interface Spread {
  readonly median: number;
  /** Distance of an upper percentile from the median in units of a normal distribution's deviation. */
  readonly spread: number;
}

/** The value below which this share (0–1) of the sorted ones lies, the upper of two neighbours; 0 of none. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? 0;
}

/**
 * Median and upper spread of values: similarities have long tails above, of pairs that do belong together, which a standard
 * deviation would take for noise. `share` (0.5–1) says by which percentile; a lower one bears more such pairs. Both 0
 * without values. O(n log n).
 */
export function spreadOf(values: Iterable<number>, share = 0.9): Spread {
  const sorted = Float64Array.from(values).toSorted();
  const median = quantile(sorted, 0.5);
  return { median, spread: (quantile(sorted, share) - median) / normalUpperQuantile(1 - share) };
}

/**
 * The value that a normally distributed one exceeds with this probability (0–0.5), in standard deviations (Abramowitz and
 * Stegun, "Handbook of Mathematical Functions", 26.2.23; error below 4.5e-4).
 */
export function normalUpperQuantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  const numerator = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
  const denominator = 1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3;
  return t - numerator / denominator;
}
