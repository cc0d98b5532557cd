import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";

/** Larger files are no sidecars. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The content of the XMP file beside a photo, or undefined when there is none: `a.jpg.xmp` before `a.xmp`, either case. */
export async function readSidecar(photoPath: string): Promise<Uint8Array | undefined> {
  const stem = photoPath.slice(0, photoPath.length - extname(photoPath).length);
  for (const path of [`${photoPath}.xmp`, `${photoPath}.XMP`, `${stem}.xmp`, `${stem}.XMP`]) {
    const content = await readSmallFile(path);
    if (content !== undefined) return content;
  }
  return undefined;
}

async function readSmallFile(path: string): Promise<Uint8Array | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() && stats.size <= MAX_BYTES ? await readFile(path) : undefined;
  } catch {
    // Absent or unreadable: a sidecar must not cost the photo, whose own metadata stands.
    return undefined;
  }
}
