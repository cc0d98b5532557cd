import type { Box, Point, Quad } from "./geometry.ts";

/** The steps of one photo, in the order in which they run. */
export const STEPS = [
  "preprocessing",
  "objects",
  "embeddings",
  "tags",
  "ocr",
  "faces",
  "hash",
  "duplicates",
] as const;
export type Step = (typeof STEPS)[number];

/** How a step ended: `done`, `failed` (with a reason, retried), or `skipped` (with a reason: no model, switched off). */
export type StepStatus = "done" | "failed" | "skipped";

/** `errorCode` of a step that is skipped because whoever added the photo did not want it: it stays so until asked for. */
export const NOT_WANTED = "not_wanted";

/** The outcome of one step on one photo. */
export interface StepOutcome {
  readonly status: StepStatus;
  /** What made the result: model ids joined by "+", or the name and version of the algorithm. Absent when skipped. */
  readonly modelId?: string;
  /** For `failed` and `skipped`: a reason that a person understands. */
  readonly reason?: string;
  /** Stable error code of a failure, or {@link NOT_WANTED}. */
  readonly errorCode?: string;
  readonly durationMs: number;
}

/** One detected object. */
export interface DetectedObject {
  readonly label: string;
  /** 0–1. */
  readonly score: number;
  /** Fractions (0–1) of the upright photo. */
  readonly normalizedBox: Box;
  /** L2-normalised, of the same model as the photo's own; absent for objects that were left out of it. */
  readonly embedding?: Float32Array;
}

/** A word for what a photo shows, found by a model. */
export interface PhotoTag {
  readonly name: string;
  /** 0–1. */
  readonly score: number;
}

/** Which way a face looks, degrees; all zero for one that looks straight into the camera, upright. */
export interface FacePose {
  /** Positive: turned to the right of the picture. */
  readonly yawDegrees: number;
  /** Positive: looking up. */
  readonly pitchDegrees: number;
  /** Positive: turned clockwise. */
  readonly rollDegrees: number;
}

/** One detected face. Coordinates are fractions (0–1) of the upright photo. */
export interface DetectedFace {
  readonly normalizedBox: Box;
  /** Left eye, right eye, nose, left mouth corner, right mouth corner, as seen by the viewer. */
  readonly landmarks: readonly Point[];
  /** Detector confidence, 0–1. */
  readonly score: number;
  /** 0–1: how well the face can be recognised. */
  readonly quality: number;
  /** 0 (blurred) to 1 (sharp); absent where it was not measured. */
  readonly sharpness?: number;
  /** Absent where the landmarks do not tell. */
  readonly pose?: FacePose;
  /** L2-normalised; absent where no recogniser is installed. */
  readonly embedding?: Float32Array;
}

/** One line of text in a photo. */
export interface TextLine {
  readonly text: string;
  /** Mean confidence of its characters, 0–1. */
  readonly score: number;
  /** Fractions (0–1) of the upright photo. */
  readonly normalizedQuad: Quad;
}

/** A face region someone marked earlier, read from XMP (MWG-RS or Microsoft). */
export interface MetadataFaceRegion {
  readonly name?: string;
  /** Fractions (0–1) of the upright photo. */
  readonly normalizedBox: Box;
}

/** What EXIF, XMP and IPTC say of a photo. Absent fields were not recorded. */
export interface PhotoMetadata {
  /** Wall-clock time at the place of the photo, `YYYY-MM-DDTHH:mm:ss[.sss]`, no zone. */
  readonly takenAtLocal?: string;
  /** Minutes east of UTC at that moment; absent when nothing tells (then the instant is unknown, the wall clock is not). */
  readonly utcOffsetMinutes?: number;
  /** Where the offset came from. */
  readonly utcOffsetSource?: "exif" | "gps-time" | "place";
  /** Degrees, WGS 84. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Metres above sea level. */
  readonly altitude?: number;
  readonly cameraMake?: string;
  readonly cameraModel?: string;
  readonly lensModel?: string;
  readonly fNumber?: number;
  /** Seconds. */
  readonly exposureTime?: number;
  readonly iso?: number;
  /** Millimetres. */
  readonly focalLength?: number;
  /** −1 rejected, 0 unrated, 1–5 stars. */
  readonly rating?: number;
  readonly title?: string;
  readonly description?: string;
  readonly keywords: readonly string[];
  readonly faceRegions: readonly MetadataFaceRegion[];
}

/** An XMP file beside a photo, as the file system describes it. */
export interface SidecarFile {
  /** Without its folder: a photo and its sidecar move together. */
  readonly fileName: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
}

/** Names of the image formats Keepsight knows. */
export const IMAGE_FORMATS = ["jpeg", "png", "webp", "avif", "gif", "tiff", "heic", "raw"] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** Content fingerprints of a photo. */
export interface Fingerprints {
  /** 128-bit imohash of the file, 32 hex digits. */
  readonly imohash: string;
  /** 256-bit PDQ of the pixels, 64 hex digits; absent when the pixels could not be read. */
  readonly pdq?: string;
  /** 0–100; below 50 a PDQ match means little. */
  readonly pdqQuality?: number;
}

/** An embedding of a whole photo, with the model that made it. */
export interface PhotoEmbedding {
  readonly modelId: string;
  /** L2-normalised. */
  readonly embedding: Float32Array;
}

/** How well a photo was taken, measured on its pixels. */
export interface PixelQuality {
  /** 0 (blurred all over) to 1 (sharp somewhere). */
  readonly sharpness: number;
  /** Mean luma, 0 (black) to 1 (white). */
  readonly meanLuminance: number;
  /** Share of the pixels (0–1) so dark that nothing can be seen in them. */
  readonly clippedShadows: number;
  /** Share of the pixels (0–1) so bright that nothing can be seen in them. */
  readonly clippedHighlights: number;
}

/**
 * Everything one pass over one photo finds out: plain data and Float32Arrays, so that it travels between processes as it
 * is. Fields of a step that did not end `done` are empty; `steps` says why.
 */
export interface PhotoAnalysis {
  readonly format?: ImageFormat;
  /** Pixels of the upright original. */
  readonly width?: number;
  readonly height?: number;
  readonly metadata?: PhotoMetadata;
  /** The sidecar that the metadata were read with; absent where there was none. */
  readonly sidecar?: SidecarFile;
  /** ThumbHash of the thumbnail, base64: a placeholder of about 25 bytes. */
  readonly thumbhash?: string;
  readonly fingerprints?: Fingerprints;
  readonly pixelQuality?: PixelQuality;
  readonly objects: readonly DetectedObject[];
  readonly faces: readonly DetectedFace[];
  /** Recogniser that made the face embeddings. */
  readonly faceEmbeddingModelId?: string;
  readonly textLines: readonly TextLine[];
  readonly embedding?: PhotoEmbedding;
  /** What a model says the photo shows; labels of objects and keywords come beside them. */
  readonly tags: readonly PhotoTag[];
  readonly steps: Partial<Record<Step, StepOutcome>>;
}
