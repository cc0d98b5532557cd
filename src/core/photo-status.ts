/** Where a photo stands, as a user sees it: waiting, the step that runs, or how it ended. */
export const PHOTO_STATUSES = [
  "pending",
  "preprocessing",
  "processing_objects",
  "processing_embeddings",
  "processing_ocr",
  "processing_faces",
  "processing_hash",
  "checking_duplicates",
  "completed",
  "partial",
  "failed",
] as const;
export type PhotoStatus = (typeof PHOTO_STATUSES)[number];
