import type { Box } from "../../core/geometry.ts";
import type {
  DetectedFace,
  ImageFormat,
  PhotoAnalysis,
  PhotoMetadata,
  SidecarFile,
  Step,
} from "../../core/photo-analysis.ts";
import type { DecodeLimits } from "../../image/decode-limits.ts";
import type { InferenceSettings } from "../../onnx/kserve/open-sessions.ts";
import type { VisionModels } from "../../vision/choose-models.ts";
import type { ErrorCode } from "../../core/errors.ts";

/**
 * The messages between the server and its analyser processes (Node's IPC channel, structured clone, so that typed arrays
 * travel as they are). Photos travel by path, never by bytes.
 */

/** What an analyser needs to know once, when it starts. */
export interface AnalyserSettings {
  readonly models: VisionModels;
  /** The server that runs models; absent where all run in the analyser. */
  readonly inference?: InferenceSettings | undefined;
  /** Threads of one inference: 1 where several analysers share the cores, 2 for a lone text query. */
  readonly threads: number;
  /** Scheduling priority, 0 (normal) to 19 (only when nothing else wants the core). */
  readonly niceness: number;
  readonly limits: DecodeLimits;
  /** Formats that are imported; others end as `failed` with that reason. */
  readonly formats: readonly ImageFormat[];
  readonly thumbnailSize: number;
  readonly previewSize: number;
  /** Where what models are asked over and over is kept; computed anew by each analyser where absent. */
  readonly cacheDirectory?: string | undefined;
}

/** Where the pictures that are made of a photo go. */
export interface DerivativePaths {
  readonly thumbnailPath: string;
  readonly previewPath: string;
  /** What the paths of its faces' thumbnails begin with; absent: none are made. */
  readonly facePrefix?: string;
}

/** One photo to analyse. */
export interface AnalyseRequest {
  readonly type: "analyse";
  readonly path: string;
  /** Steps to run; the pixels are decoded once for all of them. */
  readonly steps: readonly Step[];
  /** Where to write thumbnail and preview; absent: they are not kept. */
  readonly derivatives?: DerivativePaths;
  /** The sidecar that the library wrote, which says nothing of its own. */
  readonly ownSidecar?: SidecarFile | undefined;
}

/** A photo whose metadata are to be read without a look at its pixels. */
export interface ReadMetadataRequest {
  readonly type: "read-metadata";
  readonly path: string;
  readonly ownSidecar?: SidecarFile | undefined;
}

/** A query to turn into an embedding. */
export interface EncodeTextRequest {
  readonly type: "encode-text";
  readonly text: string;
}

/** A picture, or a part of it, to turn into an embedding. */
export interface EncodeImageRequest {
  readonly type: "encode-image";
  readonly path: string;
  /** Fractions (0–1) of the upright picture; absent: all of it. */
  readonly normalizedBox?: Box;
}

/** A face to describe whose box somebody else gave: drawn by hand, or known to another program. */
export interface DescribeFaceRequest {
  readonly type: "describe-face";
  readonly path: string;
  /** Fractions (0–1) of the upright photo. */
  readonly normalizedBox: Box;
}

export type AnalyserRequest =
  | AnalyseRequest
  | ReadMetadataRequest
  | EncodeTextRequest
  | EncodeImageRequest
  | DescribeFaceRequest;

/** A derivative that was written. */
export interface WrittenDerivative {
  readonly kind: "thumbnail" | "preview";
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
}

/** What one pass over one file gives back. */
export interface FileAnalysis {
  readonly analysis: PhotoAnalysis;
  readonly derivatives: readonly WrittenDerivative[];
  /** State of the file when it was read: a photo that changed meanwhile is analysed again. */
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  /** CPU milliseconds of each stage, for benchmarks and logs. */
  readonly stageCpuMs: Readonly<Record<string, number>>;
}

/** The metadata of a photo, and the sidecar that they were read with. */
export interface FileMetadata {
  readonly metadata: PhotoMetadata;
  readonly sidecar?: SidecarFile;
  /** State of the photo when it was read. */
  readonly byteSize: number;
  readonly modifiedAtMs: number;
}

/** An embedding of a query, or of a picture. */
export interface TextEmbedding {
  readonly modelId: string;
  readonly embedding: Float32Array;
}

/** A face in a given box. */
export interface DescribedFace {
  /** Detector and recogniser, ids joined by "+". */
  readonly modelId: string;
  /** The recogniser that made the embedding; absent where none is installed. */
  readonly embeddingModelId?: string;
  readonly face: DetectedFace;
}

/** What a request comes to. */
export type AnalyserResult = FileAnalysis | FileMetadata | TextEmbedding | DescribedFace;

/** From server to analyser. */
export type ToAnalyser =
  | { readonly kind: "start"; readonly settings: AnalyserSettings }
  | { readonly kind: "request"; readonly id: number; readonly request: AnalyserRequest };

/** From analyser to server. */
export type FromAnalyser =
  | { readonly kind: "remark"; readonly text: string }
  | { readonly kind: "step"; readonly id: number; readonly step: Step }
  | {
      readonly kind: "done";
      readonly id: number;
      readonly result: AnalyserResult;
      readonly residentBytes: number;
    }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly error: { readonly code: ErrorCode; readonly message: string };
      readonly residentBytes: number;
    };
