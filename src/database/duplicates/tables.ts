import type { ColumnType, Generated } from "kysely";
import type { DuplicateKind, GroupState } from "../../core/duplicates.ts";

/** A column that is null unless something was recorded. */
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Photos that belong together; what can be computed from its members is kept for lists. */
export interface DuplicateGroupsTable {
  id: Generated<number>;
  /** The least certain of its members' kinds. */
  kind: DuplicateKind;
  state: GroupState;
  /** The least of its members' scores, 0–1. */
  score: number;
  /** The medoid: every other member was compared with it. */
  primaryPhotoId: number;
  suggestedKeeperId: number;
  /** The one that was kept. */
  keeperId: Optional<number>;
  /** The decision that resolved or dismissed it. */
  decisionId: Optional<number>;
  memberCount: number;
  totalBytes: number;
  /** Bytes of all but the suggested keeper. */
  reclaimableBytes: number;
  createdAt: number;
  updatedAt: number;
}

export interface DuplicateMembersTable {
  groupId: number;
  photoId: number;
  kind: DuplicateKind;
  /** 0–1: how surely it belongs to the medoid. */
  score: number;
  /** JSON: {@link DuplicateEvidence}; null for the medoid. */
  evidence: Optional<string>;
  addedBy: "algorithm" | "human";
  outcome: Optional<"kept" | "hidden" | "trashed">;
  /** A photo is in one group of bursts and one of the other kinds at most. */
  isBurst: number;
  /** 0 in dismissed groups: those keep no photo from being in another one. */
  isActive: Generated<number>;
}

/** Photos of different parts of one decision are never brought together again. */
export interface DuplicatesApartTable {
  decisionId: number;
  part: number;
  photoId: number;
  /** Of the file at that time: the same file taken in again is told apart too. */
  imohash: Optional<string>;
  /** 0 while the decision is taken back. */
  isActive: Generated<number>;
}

export interface LocalFeaturesTable {
  photoId: number;
  /** The algorithm that made them. */
  version: string;
  contentVersion: number;
  /** Pixels of the view in which positions are. */
  width: number;
  height: number;
  /** Positions, levels and descriptors one after the other: 41 bytes a feature. */
  features: Uint8Array;
}

export interface DuplicateChangesTable {
  decisionId: number;
  /** JSON: what it did to groups, row by row. */
  change: string;
}

/** Files that a decision sent to the library's trash, and where they came from. */
export interface TrashedFilesTable {
  decisionId: number;
  photoId: number;
  trashPath: string;
  originalPath: string;
  originalFolderId: Optional<number>;
  /** 0 while the decision is taken back. */
  isWanted: Generated<number>;
}
