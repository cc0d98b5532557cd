import type { ImageFormat } from "./photo-analysis.ts";

/** How photos are like each other, from the surest to the least: the same bytes, the same picture, almost, the same moment. */
export const DUPLICATE_KINDS = ["exact", "copy", "near", "burst"] as const;
export type DuplicateKind = (typeof DUPLICATE_KINDS)[number];

/** Where a group stands: nobody decided, one copy was kept, or it was said to be none. */
export const GROUP_STATES = ["open", "resolved", "dismissed"] as const;
export type GroupState = (typeof GROUP_STATES)[number];

/** What makes one copy better than another; in this order unless told otherwise. */
export const KEEPER_RULES = ["folder", "resolution", "origin", "metadata", "format", "size", "date"] as const;
export type KeeperRule = (typeof KEEPER_RULES)[number];

/** What only files say, so that it goes out of sight with the last copy that says it: nobody can give it to another photo. */
export const FILE_FACTS = ["date", "place", "camera"] as const;
export type FileFact = (typeof FILE_FACTS)[number];

/** Which copy is the best, as data. */
export interface KeeperRules {
  /** The first that tells copies apart decides. */
  readonly order: readonly KeeperRule[];
  /** Best first; formats not named come last. */
  readonly formats: readonly ImageFormat[];
  /** Absolute paths, best first; copies elsewhere come last. */
  readonly folders: readonly string[];
  /** Of the rule `date`. */
  readonly preferOldest: boolean;
}

/** The proof that two photos belong together: what was compared, and what came of it. */
export interface DuplicateEvidence {
  readonly method: "bytes" | "hash" | "features" | "meaning" | "human";
  /** Bits of 256 in which the PDQ hashes differ. */
  readonly distance?: number;
  /** Spots that agree on how one picture lies in the other. */
  readonly inliers?: number;
  /** Share (0–1) of the compared blocks that show the same. */
  readonly agreement?: number;
  /** Share (0–1) of one of the pictures that lies in the other. */
  readonly overlap?: number;
  /** Cosine similarity. */
  readonly similarity?: number;
  readonly modelId?: string;
  readonly isTurned?: boolean;
  readonly isInverted?: boolean;
}
