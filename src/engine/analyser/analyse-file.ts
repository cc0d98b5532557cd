import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isFileMissing, KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type {
  DetectedFace,
  Fingerprints,
  PhotoAnalysis,
  Step,
  StepOutcome,
} from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { imohashFile } from "../../hash/imohash.ts";
import { computePdq } from "../../hash/pdq.ts";
import { decodeImage, type DecodedImage } from "../../image/decode.ts";
import { computeThumbhash, encodeJpeg } from "../../image/encode.ts";
import { measureQuality } from "../../image/pixel-quality.ts";
import { shrinkToFit } from "../../image/resize.ts";
import { faceThumbnailPath } from "../../library/derivatives.ts";
import { readMetadata } from "../../library/read-metadata.ts";
import { readSidecar } from "../../library/sidecar.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import { DETAIL_SIDE, type PhotoPixels, toPhotoPixels } from "../../vision/photo-pixels.ts";
import { analysePhoto, type VisionAnalysis, type VisionRunners } from "../../vision/analyse-photo.ts";
import { cropFaceThumbnail } from "../../vision/face/face-thumbnail.ts";
import type {
  AnalyseRequest,
  AnalyserSettings,
  FileAnalysis,
  WrittenDerivative,
} from "./analyser-protocol.ts";
import { ALGORITHM_IDS } from "./analyser-steps.ts";
import { createStopwatch, type Stopwatch } from "./stopwatch.ts";

/** JPEG quality of the files people look at: hardly told from the original at these sizes. */
const PREVIEW_QUALITY = 82;
const THUMBNAIL_QUALITY = 78;

/** Faces of one photo whose thumbnails are made with it, the surest ones; those of a crowd are made when they are looked at. */
export const MAX_FACE_THUMBNAILS = 12;

/** What an analysis works with. */
export interface AnalyseFileTools {
  readonly settings: Pick<AnalyserSettings, "limits" | "formats" | "thumbnailSize" | "previewSize">;
  readonly runners: VisionRunners;
}

/**
 * One pass over one file: read, decoded once, every wanted step run on those pixels, preview and thumbnail written. Trouble
 * with the file ends in the outcome of the steps it concerns, never in an exception; only a file that is not there at all
 * (`not_found`) or cannot be opened (`file_unreadable`) throws.
 */
export async function analyseFile(
  request: AnalyseRequest,
  tools: AnalyseFileTools,
  onStep: (step: Step) => void,
): Promise<FileAnalysis> {
  await statFile(request.path);
  const pass: Pass = { request, tools, onStep, wanted: new Set(request.steps), watch: createStopwatch() };
  onStep("preprocessing");
  const decoded = await attempt("preprocessing", () => decode(request.path, tools, pass.watch), pass.watch);
  const prepared = await prepareIfWanted(pass, decoded);
  const seen = await keepFaces(pass, decoded, await lookAt(pass, decoded));
  const hashed = await hashIfWanted(pass, decoded.value?.pixels.preview);
  return {
    analysis: {
      ...describePixels(decoded.value),
      ...prepared?.value?.findings,
      ...seen,
      ...(hashed?.value === undefined ? {} : { fingerprints: hashed.value }),
      steps: {
        ...(prepared === undefined ? {} : { preprocessing: prepared.outcome }),
        ...seen.steps,
        ...(hashed === undefined ? {} : { hash: hashed.outcome }),
      },
    },
    derivatives: prepared?.value?.derivatives ?? [],
    // As the file stands after the last look at it: whoever knew another state reads it again.
    ...(await statFile(request.path)),
    stageCpuMs: pass.watch.stages(),
  };
}

/** What all stages of one pass share. */
interface Pass {
  readonly request: AnalyseRequest;
  readonly tools: AnalyseFileTools;
  readonly wanted: ReadonlySet<Step>;
  readonly watch: Stopwatch;
  readonly onStep: (step: Step) => void;
}

/** How a stage ended, and what it gave if it ended well. */
interface Attempt<T> {
  readonly outcome: StepOutcome;
  readonly value?: T;
}

/** A decoded file, with the views of it that everything else works on. */
interface DecodedPhoto extends Omit<DecodedImage, "image"> {
  readonly pixels: PhotoPixels;
}

/** Metadata, preview and thumbnail; decoding is a part of the step, so that its failure is the step's. */
async function prepareIfWanted(
  { request, tools, wanted, watch }: Pass,
  { value: decoded, outcome }: Attempt<DecodedPhoto>,
): Promise<Attempt<PreparedPhoto> | undefined> {
  if (!wanted.has("preprocessing")) return undefined;
  if (decoded === undefined) return { outcome };
  const prepared = await attempt("preprocessing", () => prepare(request, decoded, tools, watch), watch);
  const durationMs = outcome.durationMs + prepared.outcome.durationMs;
  return { ...prepared, outcome: { ...prepared.outcome, durationMs } };
}

/** What the models see; without pixels each of their steps fails with the reason. */
async function lookAt(
  { tools, wanted, watch, onStep }: Pass,
  { value: decoded, outcome }: Attempt<DecodedPhoto>,
): Promise<VisionAnalysis> {
  if (decoded === undefined) {
    return { objects: [], faces: [], tags: [], textLines: [], steps: failedSteps(wanted, outcome) };
  }
  const options = { steps: wanted, onStep, measure: watch.measure };
  return analysePhoto(decoded.pixels, tools.runners, options);
}

/** Writes pictures of the faces; where that fails the step has failed, as one without its rows would have. */
async function keepFaces(
  { request, watch }: Pass,
  { value: decoded }: Attempt<DecodedPhoto>,
  seen: VisionAnalysis,
): Promise<VisionAnalysis> {
  const prefix = request.derivatives?.facePrefix;
  const { faces: outcome } = seen.steps;
  if (prefix === undefined || decoded === undefined || outcome?.status !== "done") return seen;
  try {
    await watch.measure("face thumbnails", () => writeFaces(seen.faces, decoded.pixels.detail, prefix));
    return seen;
  } catch (error) {
    const { code: errorCode, message: reason } = toKeepsightError(error);
    const faces: StepOutcome = { ...outcome, status: "failed", errorCode, reason };
    return { ...seen, faces: [], steps: { ...seen.steps, faces } };
  }
}

async function writeFaces(
  faces: readonly DetectedFace[],
  detail: RasterImage,
  prefix: string,
): Promise<void> {
  for (const face of faces.slice(0, MAX_FACE_THUMBNAILS)) {
    const jpeg = await encodeJpeg(cropFaceThumbnail(detail, face), THUMBNAIL_QUALITY);
    await writeFileAtomically(faceThumbnailPath(prefix, face.normalizedBox), jpeg);
  }
}

async function hashIfWanted(
  { request, wanted, watch, onStep }: Pass,
  image: RasterImage | undefined,
): Promise<Attempt<Fingerprints> | undefined> {
  if (!wanted.has("hash")) return undefined;
  onStep("hash");
  return attempt("hash", () => fingerprint(request.path, image, watch), watch);
}

function describePixels(
  decoded: DecodedPhoto | undefined,
): Pick<PhotoAnalysis, "format" | "width" | "height"> {
  if (decoded === undefined) return {};
  const { format, originalSize } = decoded;
  return { format, ...originalSize };
}

/** Size and time stamp of a file; throws `not_found` and `file_unreadable` as {@link analyseFile} does. */
export async function statFile(path: string): Promise<{ byteSize: number; modifiedAtMs: number }> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { byteSize: size, modifiedAtMs: Math.trunc(mtimeMs) };
  } catch (error) {
    if (isFileMissing(error))
      throw new KeepsightError("not_found", `${path} is not there any more.`, { cause: error });
    throw new KeepsightError("file_unreadable", `${path} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Runs one of our own steps; what it throws becomes the step's outcome. */
async function attempt<T>(
  step: keyof typeof ALGORITHM_IDS,
  run: () => Promise<T>,
  watch: Stopwatch,
): Promise<Attempt<T>> {
  const started = watch.now();
  const modelId = ALGORITHM_IDS[step];
  try {
    const value = await run();
    return { value, outcome: { status: "done", modelId, durationMs: watch.now() - started } };
  } catch (thrown) {
    const { code, message } = toKeepsightError(thrown);
    return {
      outcome: {
        status: "failed",
        modelId,
        errorCode: code,
        reason: message,
        durationMs: watch.now() - started,
      },
    };
  }
}

async function decode(path: string, { settings }: AnalyseFileTools, watch: Stopwatch): Promise<DecodedPhoto> {
  const { previewSize, limits, formats } = settings;
  const maxSide = Math.max(previewSize, DETAIL_SIDE);
  const { image, ...decoded } = await watch.measure("decode", () => decodeImage(path, { maxSide, limits }));
  if (formats.includes(decoded.format)) {
    const { originalSize } = decoded;
    const pixels = await watch.measure("views", () => toPhotoPixels({ image, originalSize }, previewSize));
    return { ...decoded, pixels };
  }
  throw new KeepsightError(
    "unsupported_media",
    `${basename(path)} is ${decoded.format.toUpperCase()}, which KEEPSIGHT_FORMATS leaves out.`,
  );
}

interface PreparedPhoto {
  readonly findings: Required<Pick<PhotoAnalysis, "metadata" | "thumbhash" | "pixelQuality">> &
    Pick<PhotoAnalysis, "sidecar">;
  readonly derivatives: readonly WrittenDerivative[];
}

/** Metadata, placeholder, preview and thumbnail of a decoded photo. */
async function prepare(
  { path, derivatives: paths, ownSidecar }: AnalyseRequest,
  { pixels: { preview }, blocks, originalSize }: DecodedPhoto,
  { settings }: AnalyseFileTools,
  watch: Stopwatch,
): Promise<PreparedPhoto> {
  const told = await watch.measure("metadata", async () => {
    const sidecar = await readSidecar(path, ownSidecar);
    const sources = { ...blocks, ...(sidecar && { sidecarXmp: sidecar.content }), size: originalSize };
    return { metadata: readMetadata(sources), ...(sidecar && { sidecar: sidecar.file }) };
  });
  const thumbnail = await watch.measure("thumbnail", () => shrinkToFit(preview, settings.thumbnailSize));
  const thumbhash = await watch.measure("thumbhash", () => computeThumbhash(thumbnail));
  const pixelQuality = await watch.measure("quality", () => measureQuality(preview));
  const derivatives: WrittenDerivative[] = [];
  if (paths !== undefined) {
    await watch.measure("encode", async () => {
      derivatives.push(
        await write("thumbnail", paths.thumbnailPath, thumbnail, THUMBNAIL_QUALITY),
        await write("preview", paths.previewPath, preview, PREVIEW_QUALITY),
      );
    });
  }
  return { findings: { ...told, thumbhash, pixelQuality }, derivatives };
}

async function write(
  kind: WrittenDerivative["kind"],
  path: string,
  image: RasterImage,
  quality: number,
): Promise<WrittenDerivative> {
  const jpeg = await encodeJpeg(image, quality);
  await writeFileAtomically(path, jpeg);
  return { kind, width: image.width, height: image.height, byteSize: jpeg.byteLength };
}

/** Without pixels no other step can run; each says so with the reason. */
function failedSteps(wanted: ReadonlySet<Step>, { errorCode, reason }: StepOutcome) {
  const outcome: StepOutcome = {
    status: "failed",
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(reason === undefined ? {} : { reason }),
    durationMs: 0,
  };
  const others = [...wanted].filter((step) => step !== "preprocessing" && step !== "hash");
  return Object.fromEntries(others.map((step) => [step, outcome]));
}

/** The hash of the file, and of its pixels where there are any. */
async function fingerprint(
  path: string,
  image: RasterImage | undefined,
  watch: Stopwatch,
): Promise<Fingerprints> {
  return watch.measure("hash", async () => {
    const imohash = await imohashFile(path);
    if (image === undefined) return { imohash };
    const { hash, quality } = computePdq(image);
    return { imohash, pdq: hash, pdqQuality: quality };
  });
}
