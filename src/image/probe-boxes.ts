/** A box of an ISO base media file (ISO/IEC 14496-12): HEIC, AVIF, Canon CR3. */
export interface MediaBox {
  /** Four characters. */
  readonly type: string;
  /** First byte after size and type. */
  readonly contentStart: number;
  /** May lie beyond the bytes when the file is cut off. */
  readonly end: number;
}

/**
 * The boxes that follow each other from `start` to `end`, not those inside them. Bounds-checked; stops at the first that makes
 * no sense.
 */
export function listBoxes(bytes: Uint8Array, start = 0, end = bytes.length): MediaBox[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(end, bytes.length));
  const boxes: MediaBox[] = [];
  let at = start;
  while (at + 8 <= view.length) {
    const size = view.readUInt32BE(at);
    const isLong = size === 1 && at + 16 <= view.length;
    const length = size === 0 ? view.length - at : isLong ? Number(view.readBigUInt64BE(at + 8)) : size;
    if (length < (isLong ? 16 : 8)) break;
    boxes.push({
      type: view.toString("latin1", at + 4, at + 8),
      contentStart: at + (isLong ? 16 : 8),
      end: at + length,
    });
    at += length;
  }
  return boxes;
}
