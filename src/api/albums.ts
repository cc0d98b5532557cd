import { z } from "zod";
import { ALBUM_SPACES } from "../core/album-space.ts";
import { Id, optionalBody, PageQuery, pageOf } from "./common.ts";
import { PhotoSummary } from "./photos.ts";

/** What an auto-album is made of. */
export const AlbumSpace = z
  .enum(ALBUM_SPACES)
  .describe("photos: whole photos; people, vehicles: their boxes in photos; faces")
  .meta({ id: "AlbumSpace" });
export type AlbumSpace = z.infer<typeof AlbumSpace>;

/** An album as it appears in a list. */
export const Album = z
  .object({
    id: z.string().describe("UUID"),
    kind: z.enum(["auto", "made"]).describe("made by hand, or what looks alike put together"),
    space: AlbumSpace.nullable().describe("Of an auto-album"),
    title: z.string(),
    autoTitle: z.string().nullable().describe("What an auto-album is called when nobody gives it a title"),
    description: z.string().nullable(),
    photoCount: z.number().int(),
    coverPhotoId: z.number().int().nullable().describe("Chosen, else the most typical or the newest photo"),
    coverVersion: z.number().int().nullable().describe("Version of the cover, for its thumbnail's address"),
    isCoverChosen: z.boolean(),
    firstDay: z.string().nullable().describe("YYYY-MM-DD of the oldest photo"),
    lastDay: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Album" });
export type Album = z.infer<typeof Album>;

/** Query of `GET /albums`. */
export const AlbumListQuery = PageQuery.extend({
  kind: z.enum(["auto", "made"]).optional().describe("Only albums of this kind"),
  space: AlbumSpace.optional().describe("Only auto-albums of this space"),
  photo: Id.optional().describe("Only albums with this photo"),
  q: z.string().max(200).optional().describe("Part of the title"),
  sort: z
    .enum(["newest", "largest", "title"])
    .default("newest")
    .describe("By the newest photo, size or title"),
});
export const AlbumPage = pageOf(Album).meta({ id: "AlbumPage" });
export type AlbumPage = z.infer<typeof AlbumPage>;

/** Path parameters `{id}` of an album. */
export const AlbumParams = z.object({ id: z.uuid().describe("The id that lists give") });

/** Query of `GET /albums/{id}`: which of its photos. */
export const AlbumPhotosQuery = PageQuery.extend({
  sort: z.enum(["newest", "oldest"]).default("newest").describe("By the time they were taken"),
});
/** An album and one page of its photos. */
export const AlbumDetails = Album.extend({ photos: pageOf(PhotoSummary) }).meta({ id: "AlbumDetails" });
export type AlbumDetails = z.infer<typeof AlbumDetails>;

/** Photos named in one request. */
const PhotoIds = z.array(z.number().int().min(1)).max(10_000);

const Title = z.string().trim().min(1).max(200);

/** Body of `POST /albums`. */
export const CreateAlbumRequest = z.object({
  title: Title,
  description: z.string().max(2000).optional(),
  photoIds: PhotoIds.default([]).describe("Its first photos"),
});
/** Body of `PUT /albums/{id}`; what is absent stays. */
export const UpdateAlbumRequest = z
  .object({
    title: Title.nullable().optional().describe("null gives an auto-album its automatic title back"),
    description: z.string().max(2000).nullable().optional(),
    coverPhotoId: z.number().int().min(1).nullable().optional().describe("A photo of the album"),
    addPhotoIds: PhotoIds.optional(),
    removePhotoIds: PhotoIds.optional().describe("Also keeps them out of an auto-album for good"),
  })
  .refine((body) => Object.keys(body).length > 0, "expected something to change");

/** An album after a change, with the decisions that undo it. */
export const ChangedAlbum = Album.extend({
  decisionIds: z.array(z.number().int()).describe("For `POST /history/{id}/undo`, newest last"),
}).meta({ id: "ChangedAlbum" });
export type ChangedAlbum = z.infer<typeof ChangedAlbum>;

/** Path parameters `{space}`. */
export const SpaceParams = z.object({ space: AlbumSpace });

/** Body of `POST /clusters/{space}/train`. */
export const TrainSpaceRequest = optionalBody(
  z.object({
    clusterCount: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("Centroids wanted (default: the root of half the number of embeddings, at most 256)"),
  }),
);

/** How it stands with the auto-albums of a space. */
export const SpaceStats = z
  .object({
    space: AlbumSpace,
    isAvailable: z.boolean(),
    reason: z.string().nullable().describe("What is missing, and what to do about it"),
    modelId: z.string().nullable().describe("Whose embeddings are put together"),
    embeddings: z.number().int().describe("Photos, boxes or faces that can be put together"),
    assigned: z.number().int().describe("Those of them that have a centroid"),
    centroids: z.number().int(),
    albums: z.number().int().describe("Albums in sight: those with enough photos"),
    meanSimilarity: z.number().nullable().describe("Mean cosine similarity with the nearest centroid"),
    smallest: z.number().int().nullable().describe("Members of the smallest centroid"),
    largest: z.number().int().nullable(),
    trainedAt: z.string().nullable(),
  })
  .meta({ id: "SpaceStats" });
export type SpaceStats = z.infer<typeof SpaceStats>;
