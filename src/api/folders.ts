import { z } from "zod";
import { PageQuery, pageOf } from "./common.ts";
import { PhotoSummary } from "./photos.ts";

/** A folder on the server whose photos are in the library. */
export const Folder = z
  .object({
    id: z.number().int(),
    path: z.string(),
    state: z
      .enum(["followed", "paused", "away"])
      .describe("Scanned and watched; resting; or not there, as when its drive is not connected"),
    photos: z.number().int().describe("In this folder and below it, in sight"),
    pausedAt: z.string().nullable(),
    problems: z
      .array(z.object({ path: z.string(), reason: z.string() }))
      .describe("What the last scan could not read"),
  })
  .meta({ id: "Folder" });
export type Folder = z.infer<typeof Folder>;

/** One page of folders, by path. */
export const FolderPage = pageOf(Folder).meta({ id: "FolderPage" });
export type FolderPage = z.infer<typeof FolderPage>;
export const FolderListQuery = PageQuery;

/** Photos went out of sight; undoing the decision brings exactly them back. */
export const PhotosRemoved = z
  .object({
    decisionId: z.number().int().describe("What `POST /history/{id}/undo` takes back"),
    photosChanged: z.number().int().describe("Photos that went out of sight"),
  })
  .meta({ id: "PhotosRemoved" });
export type PhotosRemoved = z.infer<typeof PhotosRemoved>;

/** A photo that is out of sight, and what brings it back. */
export const RemovedPhoto = PhotoSummary.extend({
  removedAt: z.string(),
  decisionId: z.number().int().nullable().describe("The decision that removed it, or its folder"),
}).meta({ id: "RemovedPhoto" });
/** One page of removed photos, the latest first. */
export const RemovedPhotoPage = pageOf(RemovedPhoto).meta({ id: "RemovedPhotoPage" });
export type RemovedPhotoPage = z.infer<typeof RemovedPhotoPage>;
