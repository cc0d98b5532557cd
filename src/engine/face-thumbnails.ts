import { access } from "node:fs/promises";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import type { AnalysisStore } from "../database/analysis-store.ts";
import type { Photo } from "../database/photo-store.ts";
import { decodeImage } from "../image/decode.ts";
import type { DecodeLimits } from "../image/decode-limits.ts";
import { encodeJpeg } from "../image/encode.ts";
import { faceThumbnailPath, faceThumbnailPrefix, removeFormerFaces } from "../library/derivatives.ts";
import { writeFileAtomically } from "../library/write-file-atomically.ts";
import { cropFaceThumbnail } from "../vision/face/face-thumbnail.ts";
import type { PhotoLibrary } from "./photo-library.ts";

/** Previews are decoded no larger than this for a face, pixels; they are 1344 unless configured otherwise. */
const PREVIEW_SIDE = 4096;

const QUALITY = 78;

export interface FaceThumbnailsOptions {
  readonly dataDirectory: string;
  readonly photos: Pick<PhotoLibrary, "get" | "pathOfDerivative">;
  readonly analyses: Pick<AnalysisStore, "getFacePlace" | "getFacePlaces">;
  readonly limits: DecodeLimits;
}

/** Pictures of faces for people to look at. */
export interface FaceThumbnails {
  /**
   * The path of a face's thumbnail and the photo it is of. The analysers make them; what they left out (faces drawn by
   * hand, the rest of a crowd, faces of older libraries) is made of the photo's preview when it is first asked for. Throws
   * `not_found` for an unknown face or when there is no preview either.
   */
  locate(faceId: number): Promise<{ readonly path: string; readonly photo: Photo }>;
  /** Removes thumbnails of faces that the photo no longer has. */
  removeFormer(photo: Pick<Photo, "id" | "contentVersion">): Promise<void>;
}

/** The thumbnails in one library's data directory; see {@link FaceThumbnails}. */
export function createFaceThumbnails(options: FaceThumbnailsOptions): FaceThumbnails {
  const { dataDirectory, photos, analyses, limits } = options;
  /** One at a time: a page of unknown faces asks for a hundred, and decoding them all at once would take gigabytes. */
  let last: Promise<unknown> = Promise.resolve();

  async function locate(faceId: number) {
    const place = await analyses.getFacePlace(faceId);
    if (place === undefined) throw notFound(faceId);
    const photo = await photos.get(place.photoId);
    const prefix = faceThumbnailPrefix(dataDirectory, photo.id, photo.contentVersion);
    const path = faceThumbnailPath(prefix, place.normalizedBox);
    if (!(await exists(path))) {
      const made = last.then(async () => {
        if (await exists(path)) return;
        const source = photos.pathOfDerivative(photo, "preview");
        if (!(await exists(source))) throw notFound(faceId);
        const { image } = await decodeImage(source, { maxSide: PREVIEW_SIDE, limits });
        await writeFileAtomically(path, await encodeJpeg(cropFaceThumbnail(image, place), QUALITY));
      });
      last = made.catch(() => {});
      await made;
    }
    return { path, photo };
  }

  return {
    locate,
    async removeFormer({ id: photoId, contentVersion }) {
      const places = await analyses.getFacePlaces(photoId);
      const boxes = places.map(({ normalizedBox }) => normalizedBox);
      await removeFormerFaces(dataDirectory, { photoId, contentVersion }, boxes);
    },
  };
}

function notFound(faceId: number): KeepsightError {
  return new KeepsightError("not_found", `There is no picture of a face ${faceId}.`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isFileMissing(error)) return false;
    throw error;
  }
}
