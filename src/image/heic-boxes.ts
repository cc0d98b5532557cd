/**
 * The little that Keepsight reads itself of ISO base media files (ISO/IEC 14496-12, 23008-12): HEIC and AVIF.
 * Cost: O(top-level boxes) and one search of the `meta` box. Contract: bounds-checked, never throws.
 */

interface Box {
  readonly type: string;
  readonly start: number;
  /** May lie beyond the bytes when the file is cut off. */
  readonly end: number;
}

/** True when the last box says that it is longer than the file. */
export function isCutOff(bytes: Uint8Array): boolean {
  return topLevelBoxes(bytes).some((box) => box.end > bytes.length);
}

/** True when the container itself says how the image is turned or mirrored (`irot`, `imir`), be it by nothing. */
export function hasContainerRotation(bytes: Uint8Array): boolean {
  const meta = topLevelBoxes(bytes).find((box) => box.type === "meta");
  if (meta === undefined) return false;
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(
    meta.start,
    meta.end,
  );
  return content.includes("irot") || content.includes("imir");
}

function topLevelBoxes(bytes: Uint8Array): Box[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: Box[] = [];
  let start = 0;
  while (start + 8 <= view.length) {
    const size = view.readUInt32BE(start);
    const isLong = size === 1 && start + 16 <= view.length;
    const length = size === 0 ? view.length - start : isLong ? Number(view.readBigUInt64BE(start + 8)) : size;
    if (length < 8) break;
    boxes.push({ type: view.toString("latin1", start + 4, start + 8), start, end: start + length });
    start += length;
  }
  return boxes;
}
