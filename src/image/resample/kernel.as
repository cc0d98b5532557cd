/*
 * The inner loops of resizing, warping and normalising: AssemblyScript, compiled to kernel.wasm by compile-kernel.ts.
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

/** One RGB pixel as floats; the last lane means nothing. */
// @ts-ignore: decorator
@inline
function loadPixel(at: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at))));
}

/** Sharpness of the cubic convolution kernel (Keys 1981) that OpenCV uses. */
const SHARPNESS: f32 = -0.75;

/** Weight of the pixel on this side of a position that lies `t` (0 to 1) beyond it. */
// @ts-ignore: decorator
@inline
function innerWeight(t: f32): v128 {
  return f32x4.splat(((SHARPNESS + 2) * t - (SHARPNESS + 3)) * t * t + 1);
}

/** Weight of the pixel one before that. */
// @ts-ignore: decorator
@inline
function outerWeight(t: f32): v128 {
  return f32x4.splat(SHARPNESS * t * (1 - t) * (1 - t));
}

// @ts-ignore: decorator
@inline
function clampIndex(index: i32, count: i32): usize {
  return <usize>(index < 0 ? 0 : index >= count ? count - 1 : index);
}

/**
 * 1.5 * 2^23 and its bits: what is added to it is rounded to a whole number, half to even, which stands in the last bits of the
 * sum. Rounding and converting by their own instructions takes a third of the time of a warp.
 */
const ROUNDING: f32 = 12582912;
const ROUNDING_BITS: i32 = 0x4b400000;

/** 1.5 * 2^52: the same for double precision, whose whole numbers then stand in the low 32 bits. */
const PLACING: f64 = 6755399441055744;

/** The four weights of a position that lies `t` (0 to 1) beyond the second of four neighbours. */
// @ts-ignore: decorator
@inline
function cubicWeights(t: v128): v128 {
  const distances = f32x4.add(f32x4.mul(t, f32x4(1, 1, -1, -1)), f32x4(0, 0, 1, 1));
  const cubes = f32x4.add(f32x4.mul(distances, f32x4(-0.75, 1.25, 1.25, -0.75)), f32x4(1.5, -2.25, -2.25, 1.5));
  const squares = f32x4.add(f32x4.mul(cubes, distances), f32x4(-0.75, 0, 0, -0.75));
  return f32x4.add(f32x4.mul(squares, distances), f32x4(0, 1, 1, 0));
}

/** 1 as a vertical weight of 16 bits: beyond the second decimal of a level nothing is lost. */
const WEIGHT_ONE: f32 = 16384;

/**
 * Three channels, bicubic of the 4 x 4 pixels from `at` on: the columns first, in whole numbers, then the row of four. `along`
 * and `down` are the parts of a pixel beyond the second column and row, in all lanes.
 */
// @ts-ignore: decorator
@inline
function interpolateBlock(at: usize, stride: usize, along: v128, down: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(cubicWeights(down), f32x4.splat(WEIGHT_ONE)), f32x4.splat(ROUNDING));
  const levels = i32x4.sub(rounded, i32x4.splat(ROUNDING_BITS));
  const weights = i16x8.narrow_i32x4_s(levels, levels);
  const upper = v128.shuffle<i32>(weights, weights, 0, 0, 0, 0);
  const lower = v128.shuffle<i32>(weights, weights, 1, 1, 1, 1);
  const first = v128.load(at);
  const second = v128.load(at + stride);
  const third = v128.load(at + stride * 2);
  const fourth = v128.load(at + stride * 3);
  const above = i8x16.shuffle(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const aboveEnd = i8x16.shuffle(first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const below = i8x16.shuffle(third, fourth, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const belowEnd = i8x16.shuffle(third, fourth, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const left = i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(above), upper),
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(below), lower),
  );
  const middle = i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(above), upper),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(below), lower),
  );
  const right = i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(aboveEnd), upper),
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(belowEnd), lower),
  );
  const across = f32x4.mul(cubicWeights(along), f32x4.splat(1 / WEIGHT_ONE));
  const a = f32x4.mul(f32x4.convert_i32x4_s(left), v128.shuffle<f32>(across, across, 0, 0, 0, 1));
  const b = f32x4.mul(f32x4.convert_i32x4_s(middle), v128.shuffle<f32>(across, across, 1, 1, 2, 2));
  const c = f32x4.mul(f32x4.convert_i32x4_s(right), v128.shuffle<f32>(across, across, 2, 3, 3, 3));
  return f32x4.add(
    f32x4.add(a, v128.shuffle<f32>(a, b, 3, 4, 5, 6)),
    f32x4.add(v128.shuffle<f32>(b, c, 2, 3, 4, 5), v128.shuffle<f32>(c, c, 1, 2, 3, 0)),
  );
}

/** The same where some of the 4 x 4 lie beyond the border of the source, which is replicated. */
function interpolateBorder(source: usize, columns: i32, rows: i32, left: i32, top: i32, along: f32, down: f32): v128 {
  const first = clampIndex(left - 1, columns) * 3;
  const second = clampIndex(left, columns) * 3;
  const third = clampIndex(left + 1, columns) * 3;
  const fourth = clampIndex(left + 2, columns) * 3;
  let sum = f32x4.splat(0);
  for (let j: i32 = 0; j < 4; j++) {
    const row = source + clampIndex(top + j - 1, rows) * <usize>columns * 3;
    const outer = f32x4.add(
      f32x4.mul(loadPixel(row + first), outerWeight(along)),
      f32x4.mul(loadPixel(row + fourth), outerWeight(1 - along)),
    );
    const inner = f32x4.add(
      f32x4.mul(loadPixel(row + second), innerWeight(along)),
      f32x4.mul(loadPixel(row + third), innerWeight(1 - along)),
    );
    const weight = j === 0 ? outerWeight(down) : j === 1 ? innerWeight(down) : j === 2 ? innerWeight(1 - down) : outerWeight(1 - down);
    sum = f32x4.add(sum, f32x4.mul(f32x4.add(outer, inner), weight));
  }
  return sum;
}

/**
 * One row of a perspective warp: target pixel x is the source at ((a x + x0) / w, (d x + y0) / w), w = g x + w0, bicubic of
 * 4 x 4 neighbours, the border of the `columns` x `rows` source replicated.
 */
export function warpRow(
  source: usize, columns: i32, rows: i32, target: usize, width: u32,
  a: f64, d: f64, g: f64, x0: f64, y0: f64, w0: f64,
): void {
  const stride = <usize>columns * 3;
  const step = f64x2(a, d);
  const start = f64x2(x0, y0);
  for (let i: u32 = 0; i < width; i++) {
    const w = f64x2.splat(g * <f64>i + w0);
    const position = f64x2.div(f64x2.add(f64x2.mul(step, f64x2.splat(<f64>i)), start), w);
    const whole = f64x2.floor(position);
    const places = f64x2.add(whole, f64x2.splat(PLACING));
    const left = i32x4.extract_lane(places, 0);
    const top = i32x4.extract_lane(places, 2);
    const beyond = f32x4.demote_f64x2_zero(f64x2.sub(position, whole));
    let sum: v128;
    if (left >= 1 && left + 2 < columns && top >= 1 && top + 2 < rows) {
      const at = source + <usize>(top - 1) * stride + <usize>(left - 1) * 3;
      const along = v128.shuffle<f32>(beyond, beyond, 0, 0, 0, 0);
      const down = v128.shuffle<f32>(beyond, beyond, 1, 1, 1, 1);
      sum = interpolateBlock(at, stride, along, down);
    } else {
      const along = f32x4.extract_lane(beyond, 0);
      const down = f32x4.extract_lane(beyond, 1);
      sum = interpolateBorder(source, columns, rows, left, top, along, down);
    }
    const levels = i32x4.sub(f32x4.add(sum, f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
    const words = i16x8.narrow_i32x4_s(levels, levels);
    v128.store32_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
    target += 3;
  }
}

/**
 * One row of an affine warp: target pixel x is the source at (a x + x0, d x + y0), bilinear of 2 x 2 neighbours, those outside
 * the `columns` x `rows` source being black.
 */
export function warpLinearRow(
  source: usize, columns: i32, rows: i32, target: usize, width: u32,
  a: f64, d: f64, x0: f64, y0: f64,
): void {
  const stride = columns * 3;
  const step = f64x2(a, d);
  const start = f64x2(x0, y0);
  for (let i: u32 = 0; i < width; i++) {
    const position = f64x2.add(f64x2.mul(step, f64x2.splat(<f64>i)), start);
    const whole = f64x2.floor(position);
    const places = f64x2.add(whole, f64x2.splat(PLACING));
    const left = i32x4.extract_lane(places, 0);
    const top = i32x4.extract_lane(places, 2);
    const beyond = f32x4.demote_f64x2_zero(f64x2.sub(position, whole));
    const along = f32x4.extract_lane(beyond, 0);
    const down = f32x4.extract_lane(beyond, 1);
    let sum = f32x4.splat(0.5);
    if (left >= 0 && left + 1 < columns && top >= 0 && top + 1 < rows) {
      const at = source + <usize>(top * stride + left * 3);
      sum = f32x4.add(sum, f32x4.mul(loadPixel(at), f32x4.splat((1 - along) * (1 - down))));
      sum = f32x4.add(sum, f32x4.mul(loadPixel(at + 3), f32x4.splat(along * (1 - down))));
      sum = f32x4.add(sum, f32x4.mul(loadPixel(at + stride), f32x4.splat((1 - along) * down)));
      sum = f32x4.add(sum, f32x4.mul(loadPixel(at + stride + 3), f32x4.splat(along * down)));
    } else if (left >= -1 && left < columns && top >= -1 && top < rows) {
      for (let j: i32 = 0; j < 4; j++) {
        const column = left + (j & 1);
        const row = top + (j >> 1);
        if (column < 0 || column >= columns || row < 0 || row >= rows) continue;
        const across: f32 = (j & 1) === 0 ? <f32>1 - along : along;
        const weight: f32 = across * (j < 2 ? <f32>1 - down : down);
        const at = source + <usize>(row * stride + column * 3);
        sum = f32x4.add(sum, f32x4.mul(loadPixel(at), f32x4.splat(weight)));
      }
    }
    // Rounded down, half a level having been added: what is halfway goes up.
    const levels = i32x4.sub(f32x4.add(f32x4.floor(sum), f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
    const words = i16x8.narrow_i32x4_s(levels, levels);
    v128.store32_lane(target, i8x16.narrow_i16x8_u(words, words), 0);
    target += 3;
  }
}

/** The bytes of one channel of four RGB pixels as floats, each times `factor` plus `shift`. */
// @ts-ignore: decorator
@inline
function scaleChannel(pixels: v128, lanes: v128, factor: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i8x16.swizzle(pixels, lanes)), factor), shift);
}

/**
 * Interleaved RGB apart into three planes of floats, `planeBytes` bytes apart: level * factor + shift of each channel. Writes
 * up to three floats beyond the end of each plane.
 */
export function separateChannels(
  source: usize, target: usize, count: u32, planeBytes: u32,
  redFactor: f32, redShift: f32, greenFactor: f32, greenShift: f32, blueFactor: f32, blueShift: f32,
): void {
  const red = i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
  const green = i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1);
  const blue = i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1);
  for (let i: u32 = 0; i < count; i += 4) {
    const pixels = v128.load(source);
    v128.store(target, scaleChannel(pixels, red, f32x4.splat(redFactor), f32x4.splat(redShift)));
    v128.store(target + planeBytes, scaleChannel(pixels, green, f32x4.splat(greenFactor), f32x4.splat(greenShift)));
    v128.store(target + planeBytes * 2, scaleChannel(pixels, blue, f32x4.splat(blueFactor), f32x4.splat(blueShift)));
    source += 12;
    target += 16;
  }
}
