/** Antialiasing kernels, by their usual names; `bicubic` is the Catmull-Rom spline (a = −0.5). */
export type ResizeKernel = "bilinear" | "bicubic" | "lanczos3";

interface Shape {
  /** Half width in pixels of the coarser of the two images. */
  readonly support: number;
  weight(x: number): number;
}

const SHAPES: Readonly<Record<ResizeKernel, Shape>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: catmullRom },
  lanczos3: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Which source pixels make each target pixel, and with which weights. */
export interface Filter {
  /** First source pixel of each target pixel. */
  readonly starts: Int32Array;
  /** Source pixels of a target pixel: twice this, from its start on; some may lie beyond a source that is shorter. */
  readonly pairs: number;
  /** `pairs` entries a target pixel, each of the two weights as high[k], high[k + 1], low[k], low[k + 1]. */
  readonly weights: Int16Array;
}

/** 1 as a weight: the largest sum of 8-bit levels times weights still fits in 32 bits. */
const ONE = 1 << 22;

/** A weight is high · 2048 + low, so that both halves fit the 16-bit multiplier. */
const LOW_BITS = 11;

/**
 * The weights that bring a row of `sourceLength` pixels to `targetLength`. Weights beyond the border are cut off and the
 * rest renormalised, as in Pillow's `precompute_coeffs`; every target pixel gets the same number of weights, the spare
 * ones zero. Of the target only the `count` pixels from `first` on are meant, where these are given.
 */
export function createFilter(
  sourceLength: number,
  targetLength: number,
  kernel: ResizeKernel,
  { first, count } = { first: 0, count: targetLength },
): Filter {
  const shape = SHAPES[kernel];
  const scale = sourceLength / targetLength;
  const stretch = Math.max(1, scale);
  const support = shape.support * stretch;
  const pairs = Math.ceil(support) + 1;
  const starts = new Int32Array(count);
  const weights = new Int16Array(count * pairs * 4);
  const row = new Float64Array(2 * pairs);
  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale;
    const from = Math.max(0, Math.floor(centre - support + 0.5));
    const to = Math.min(sourceLength, Math.floor(centre + support + 0.5));
    // Near the end all weights are moved to the right, so that the spare ones come first and read no further.
    starts[i] = Math.max(0, Math.min(from, sourceLength - 2 * pairs));
    let sum = 0;
    for (let k = 0; k < to - from; k++) {
      row[k] = shape.weight((from + k - centre + 0.5) / stretch);
      sum += row[k]!;
    }
    const at = i * pairs * 2 + from - starts[i]!;
    for (let k = 0; k < to - from; k++) writeWeight(weights, at + k, Math.round((row[k]! / sum) * ONE));
  }
  return { starts, pairs, weights };
}

function writeWeight(weights: Int16Array, index: number, weight: number): void {
  const at = (index >> 1) * 4 + (index & 1);
  weights[at] = weight >> LOW_BITS;
  weights[at + 2] = weight & ((1 << LOW_BITS) - 1);
}

function catmullRom(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
