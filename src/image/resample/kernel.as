/*
 * The inner loops of resizing: AssemblyScript, compiled to kernel.wasm by compile-kernel.ts.
 *
 * - Addresses are bytes from the start of the memory. Rows are interleaved RGB of 8 bits.
 * - Loads and stores are wider than a pixel: 16 bytes after every row must belong to the caller and mean nothing.
 * - Weights of 22 fractional bits do not fit the 16-bit multiplier, so they come split: weight = high * 2048 + low.
 *   Both halves of two neighbouring weights are packed as i16 pairs: high[k], high[k + 1], low[k], low[k + 1].
 */

const HALF: i32 = 1 << 21;

/** Two RGB pixels side by side, their channels paired and widened to 16 bits. */
// @ts-ignore: decorator
@inline
function pairPixels(at: usize): v128 {
  return i8x16.swizzle(v128.load64_zero(at), i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
}

/** One row filtered along itself: target pixel x is the sum of `pairs` pairs of pixels from starts[x] on. */
export function filterRow(source: usize, target: usize, width: u32, starts: usize, weights: usize, pairs: u32): void {
  for (let x: u32 = 0; x < width; x++) {
    let at = source + <usize>load<u32>(starts + (<usize>x << 2)) * 3;
    let high = i32x4.splat(0);
    let low = i32x4.splat(HALF);
    for (let k: u32 = 0; k < pairs; k++) {
      const pixels = pairPixels(at);
      high = i32x4.add(high, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weights)));
      low = i32x4.add(low, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weights, 4)));
      at += 6;
      weights += 8;
    }
    const sum = i32x4.shr_s(i32x4.add(i32x4.shl(high, 11), low), 22);
    const words = i16x8.narrow_i32x4_s(sum, sum);
    v128.store32_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
    target += 3;
  }
}

// @ts-ignore: decorator
@inline
function roundSums(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.shl(high, 11), low), 22);
}

/** One row as the weighted sum of `pairs` pairs of rows, `stride` bytes apart. */
export function filterColumns(source: usize, target: usize, byteCount: u32, stride: u32, weights: usize, pairs: u32): void {
  for (let i: u32 = 0; i < byteCount; i += 16) {
    let at = source + i;
    let pair = weights;
    let highA = i32x4.splat(0);
    let highB = i32x4.splat(0);
    let highC = i32x4.splat(0);
    let highD = i32x4.splat(0);
    let lowA = i32x4.splat(HALF);
    let lowB = i32x4.splat(HALF);
    let lowC = i32x4.splat(HALF);
    let lowD = i32x4.splat(HALF);
    for (let k: u32 = 0; k < pairs; k++) {
      const upper = v128.load(at);
      const lower = v128.load(at + stride);
      const first = i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const second = i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const high = v128.load32_splat(pair);
      const low = v128.load32_splat(pair, 4);
      const a = i16x8.extend_low_i8x16_u(first);
      const b = i16x8.extend_high_i8x16_u(first);
      const c = i16x8.extend_low_i8x16_u(second);
      const d = i16x8.extend_high_i8x16_u(second);
      highA = i32x4.add(highA, i32x4.dot_i16x8_s(a, high));
      highB = i32x4.add(highB, i32x4.dot_i16x8_s(b, high));
      highC = i32x4.add(highC, i32x4.dot_i16x8_s(c, high));
      highD = i32x4.add(highD, i32x4.dot_i16x8_s(d, high));
      lowA = i32x4.add(lowA, i32x4.dot_i16x8_s(a, low));
      lowB = i32x4.add(lowB, i32x4.dot_i16x8_s(b, low));
      lowC = i32x4.add(lowC, i32x4.dot_i16x8_s(c, low));
      lowD = i32x4.add(lowD, i32x4.dot_i16x8_s(d, low));
      at += <usize>stride * 2;
      pair += 8;
    }
    const left = i16x8.narrow_i32x4_s(roundSums(highA, lowA), roundSums(highB, lowB));
    const right = i16x8.narrow_i32x4_s(roundSums(highC, lowC), roundSums(highD, lowD));
    v128.store(target + i, i8x16.narrow_i16x8_u(left, right));
  }
}

/** One row of half the width from two rows: the mean of each 2 x 2 pixels. */
export function halveRows(upper: usize, lower: usize, target: usize, width: u32): void {
  const channels = i8x16(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1);
  for (let x: u32 = 0; x < width; x += 2) {
    const above = i16x8.extadd_pairwise_i8x16_u(i8x16.swizzle(v128.load(upper), channels));
    const below = i16x8.extadd_pairwise_i8x16_u(i8x16.swizzle(v128.load(lower), channels));
    const mean = i16x8.shr_u(i16x8.add(i16x8.add(above, below), i16x8.splat(2)), 2);
    v128.store64_lane(target, i8x16.narrow_i16x8_u(mean, mean), 0);
    upper += 12;
    lower += 12;
    target += 6;
  }
}

/**
 * One row interpolated along itself, in 1/128 levels of 16 bits: target pixel x lies between the pixels firsts[x] and
 * firsts[x] + 1, `weights` holds i16 pairs (2048 - fraction, fraction).
 */
export function interpolateRow(source: usize, target: usize, width: u32, firsts: usize, weights: usize): void {
  for (let x: u32 = 0; x < width; x++) {
    const pixels = pairPixels(source + <usize>load<u32>(firsts + (<usize>x << 2)) * 3);
    const sum = i32x4.shr_s(i32x4.dot_i16x8_s(pixels, v128.load32_splat(weights + (<usize>x << 2))), 4);
    v128.store64_lane(target, i16x8.narrow_i32x4_s(sum, sum), 0);
    target += 6;
  }
}

/** One row between two interpolated ones, `down` / 2048 of the way, rounded in OpenCV's order of shifts. */
export function blendRows(upper: usize, lower: usize, target: usize, byteCount: u32, down: i32): void {
  const near = i16x8.splat(<i16>(2048 - down));
  const far = i16x8.splat(<i16>down);
  const two = i32x4.splat(2);
  for (let i: u32 = 0; i < byteCount; i += 8) {
    const above = v128.load(upper + (<usize>i << 1));
    const below = v128.load(lower + (<usize>i << 1));
    const left = i32x4.add(
      i32x4.shr_s(i32x4.extmul_low_i16x8_s(above, near), 16),
      i32x4.shr_s(i32x4.extmul_low_i16x8_s(below, far), 16),
    );
    const right = i32x4.add(
      i32x4.shr_s(i32x4.extmul_high_i16x8_s(above, near), 16),
      i32x4.shr_s(i32x4.extmul_high_i16x8_s(below, far), 16),
    );
    const levels = i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(left, two), 2), i32x4.shr_s(i32x4.add(right, two), 2));
    v128.store64_lane(target + i, i8x16.narrow_i16x8_u(levels, levels), 0);
  }
}
