import type {
  DetectedFace,
  DetectedObject,
  MetadataFaceRegion,
  PhotoAnalysis,
  Step,
  StepOutcome,
  TextLine,
} from "../core/photo-analysis.ts";
import type { Photo } from "./photo-store.ts";
import type { PhotoStepStatus, TagSource } from "./schema.ts";

/** A file made from a photo: `preview`, `thumbnail`. */
export interface Derivative {
  readonly kind: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
}

/** One step of one photo as stored. */
export interface StoredStep {
  readonly step: Step;
  readonly status: PhotoStepStatus;
  readonly modelId?: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly errorCode?: string;
  readonly durationMs?: number;
  readonly updatedAt: number;
}

/** Everything known of one photo. */
export interface PhotoDetails {
  readonly photo: Photo;
  readonly objects: readonly (DetectedObject & { readonly id: number })[];
  readonly faces: readonly (Omit<DetectedFace, "embedding"> & { readonly id: number })[];
  readonly faceRegions: readonly MetadataFaceRegion[];
  readonly textLines: readonly (TextLine & { readonly id: number })[];
  readonly tags: readonly { readonly name: string; readonly score: number; readonly source: TagSource }[];
  readonly steps: readonly StoredStep[];
  readonly derivatives: readonly (Derivative & { readonly contentVersion: number })[];
}

/** A photo with the steps that should run on it. */
export interface PhotoWork {
  readonly photoId: number;
  readonly contentVersion: number;
  readonly steps: readonly Step[];
}

/** Results of analysis. */
export interface AnalysisStore {
  /**
   * Stores what one pass found, whole or not at all: each step that ended `done` replaces its rows, a step that failed or
   * was skipped keeps the old ones, a step not mentioned is untouched. False, with nothing changed, when the photo is gone
   * or its content has changed since `contentVersion`.
   */
  saveAnalysis(
    photoId: number,
    contentVersion: number,
    analysis: PhotoAnalysis,
    derivatives: readonly Derivative[],
  ): Promise<boolean>;
  /** Stores the outcome of a step that leaves no rows of its own (`duplicates`, or an analysis that never came back). */
  saveStep(photoId: number, contentVersion: number, step: Step, outcome: StepOutcome): Promise<boolean>;
  getDetails(photoId: number): Promise<PhotoDetails | undefined>;
  /**
   * Photos with steps to do, in pages of ids above `afterId`: never run, pending, made by another model than wanted, or
   * skipped though a model is there now; with `retryFailed` failed ones too. Missing and hidden photos are left out.
   */
  stepsNeedingWork(options: {
    readonly wanted: Partial<Readonly<Record<Step, string>>>;
    readonly retryFailed: boolean;
    readonly afterId: number;
    readonly limit: number;
  }): Promise<readonly PhotoWork[]>;
}
