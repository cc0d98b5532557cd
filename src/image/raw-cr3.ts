import { listBoxes } from "./probe-boxes.ts";

/** The metadata of a CR3 file: what is one EXIF block elsewhere is three TIFF structures here. */
interface Cr3Blocks {
  /** Camera, orientation, date of change. */
  readonly exif?: Uint8Array;
  /** Exposure and dates. */
  readonly exifDirectory?: Uint8Array;
  readonly gpsDirectory?: Uint8Array;
}

/** Canon's box inside `moov` (L. Chevalier, canon_cr3: description of the format). */
const CANON_UUID = "85c0b687820f11e08111f4ce462b6a48";

/** The metadata blocks of a Canon CR3 file; empty for anything else. Bounds-checked, never throws. */
export function readCr3Blocks(bytes: Uint8Array): Cr3Blocks {
  const movie = listBoxes(bytes).find((box) => box.type === "moov");
  if (movie === undefined) return {};
  const canon = listBoxes(bytes, movie.contentStart, movie.end).find(
    (box) => box.type === "uuid" && hexAt(bytes, box.contentStart, 16) === CANON_UUID,
  );
  if (canon === undefined) return {};
  const boxes = listBoxes(bytes, canon.contentStart + 16, canon.end);
  const content = (type: string) => {
    const box = boxes.find((candidate) => candidate.type === type);
    return box && bytes.subarray(box.contentStart, box.end);
  };
  const [exif, exifDirectory, gpsDirectory] = ["CMT1", "CMT2", "CMT4"].map(content);
  return {
    ...(exif && { exif }),
    ...(exifDirectory && { exifDirectory }),
    ...(gpsDirectory && { gpsDirectory }),
  };
}

const hexAt = (bytes: Uint8Array, at: number, length: number) =>
  Buffer.from(bytes.subarray(at, at + length)).toString("hex");
