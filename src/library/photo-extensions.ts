import { extname } from "node:path";

/**
 * File name extensions that are worth opening, lower case. What a file really is, its content says; this only spares reading
 * everything else on the disk. JPEG XL is here so that such photos are listed with a reason and not silently passed over.
 */
const PHOTO_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    ".jpg .jpeg .jpe .jfif .png .webp .avif .gif .tif .tiff .heic .heif .hif .jxl " +
    ".dng .cr2 .cr3 .nef .nrw .arw .sr2 .srf .orf .rw2 .pef .raf .srw .3fr .fff .iiq .rwl .erf .kdc .dcr"
  ).split(" "),
);

/** True when the name looks like a photo's. */
export function hasPhotoExtension(path: string): boolean {
  return PHOTO_EXTENSIONS.has(extname(path).toLowerCase());
}
