/*
 * Inner products of rows, in blocks: AssemblyScript, compiled to kernel.wasm by compile-kernel.ts.
 *
 * The rows lie in panels of eight: all first numbers of eight rows, then all second numbers, and so on, so that one
 * load gets the same dimension of four rows (Goto, van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * 2008; both operands come from the same panels, since rows are multiplied with rows). Four rows meet eight others at a
 * time: eight sums in registers hide the latency of the multiply-add, which is fused where the processor can.
 */

/** Bytes of one dimension of a panel: eight float32. */
const PANEL_STRIDE: usize = 32;

/** Bytes of a panel that are multiplied at once: with those of the other panel they fill half the first-level cache. */
const BLOCK: usize = 8192;

/**
 * Products of `rowPanels` panels with `columnPanels` panels, written row-major to `target`, whose rows have
 * `targetStride` bytes. A panel has `dimensions` × 32 bytes.
 */
export function multiplyPanels(
  rows: usize,
  rowPanels: u32,
  columns: usize,
  columnPanels: u32,
  dimensions: u32,
  target: usize,
  targetStride: usize,
): void {
  const panelBytes = <usize>dimensions * PANEL_STRIDE;
  for (let c: u32 = 0; c < columnPanels; c++) {
    const column = columns + c * panelBytes;
    for (let r: u32 = 0; r < rowPanels; r++) {
      const row = rows + r * panelBytes;
      const to = target + <usize>r * 8 * targetStride + <usize>c * PANEL_STRIDE;
      for (let from: usize = 0; from < panelBytes; from += BLOCK) {
        const size = min(BLOCK, panelBytes - from);
        multiplyFourRows(row + from, column + from, size, to, targetStride, from == 0);
        multiplyFourRows(row + from + 16, column + from, size, to + 4 * targetStride, targetStride, from == 0);
      }
    }
  }
}

/** Sums begin at zero where `isFirst`, else they go on from what the target has. */
// @ts-ignore: decorator
@inline
function multiplyFourRows(row: usize, column: usize, panelBytes: usize, to: usize, stride: usize, isFirst: bool): void {
  let a0 = isFirst ? f32x4.splat(0) : v128.load(to);
  let a1 = isFirst ? f32x4.splat(0) : v128.load(to, 16);
  let b0 = isFirst ? f32x4.splat(0) : v128.load(to + stride);
  let b1 = isFirst ? f32x4.splat(0) : v128.load(to + stride, 16);
  let c0 = isFirst ? f32x4.splat(0) : v128.load(to + 2 * stride);
  let c1 = isFirst ? f32x4.splat(0) : v128.load(to + 2 * stride, 16);
  let d0 = isFirst ? f32x4.splat(0) : v128.load(to + 3 * stride);
  let d1 = isFirst ? f32x4.splat(0) : v128.load(to + 3 * stride, 16);
  const end = row + panelBytes;
  for (; row < end; row += PANEL_STRIDE, column += PANEL_STRIDE) {
    const y0 = v128.load(column);
    const y1 = v128.load(column, 16);
    const a = v128.load32_splat(row);
    a0 = f32x4.relaxed_madd(a, y0, a0);
    a1 = f32x4.relaxed_madd(a, y1, a1);
    const b = v128.load32_splat(row, 4);
    b0 = f32x4.relaxed_madd(b, y0, b0);
    b1 = f32x4.relaxed_madd(b, y1, b1);
    const c = v128.load32_splat(row, 8);
    c0 = f32x4.relaxed_madd(c, y0, c0);
    c1 = f32x4.relaxed_madd(c, y1, c1);
    const d = v128.load32_splat(row, 12);
    d0 = f32x4.relaxed_madd(d, y0, d0);
    d1 = f32x4.relaxed_madd(d, y1, d1);
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to + stride, b0);
  v128.store(to + stride, b1, 16);
  v128.store(to + 2 * stride, c0);
  v128.store(to + 2 * stride, c1, 16);
  v128.store(to + 3 * stride, d0);
  v128.store(to + 3 * stride, d1, 16);
}
