import { listBoxes } from "./probe-boxes.ts";

/** True when the last box of a HEIC or AVIF file says that it is longer than the file. */
export function isCutOff(bytes: Uint8Array): boolean {
  return listBoxes(bytes).some((box) => box.end > bytes.length);
}

/**
 * True when the container itself says how the image is turned or mirrored, be it by nothing (`irot`, `imir`: ISO/IEC
 * 23008-12, 6.5.10 and 6.5.12).
 */
export function hasContainerRotation(bytes: Uint8Array): boolean {
  const meta = listBoxes(bytes).find((box) => box.type === "meta");
  if (meta === undefined) return false;
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(
    meta.contentStart,
    meta.end,
  );
  return content.includes("irot") || content.includes("imir");
}
