import { z } from "zod";

const Tags = z.array(z.string().trim().min(1).max(100)).max(100);

/** What a user can say of photos. */
const PhotoChangeFields = {
  addTags: Tags.optional().describe("Put on, as the user's own"),
  removeTags: Tags.optional().describe(
    "Taken off whoever put them on; they stay off when it is analysed again",
  ),
  rating: z.number().int().min(0).max(5).nullable().optional().describe("Stars; null: as the file says"),
  isFavourite: z.boolean().optional(),
  title: z.string().trim().max(500).nullable().optional().describe("null: as the file says; empty: none"),
  description: z
    .string()
    .trim()
    .max(10_000)
    .nullable()
    .optional()
    .describe("The caption; null: as the file says"),
};

/** Body of `PUT /photos/{id}`; what is absent stays. The file is never changed. */
export const UpdatePhotoRequest = z
  .object(PhotoChangeFields)
  .refine((body) => Object.keys(body).length > 0, "expected something to change");

/** Body of `POST /photos/bulk`. One decision, undone as one. */
export const BulkPhotosRequest = z
  .object({
    photoIds: z.array(z.number().int().min(1)).min(1).max(10_000),
    ...PhotoChangeFields,
    hide: z.literal(true).optional().describe("Remove them from the library; the files stay"),
  })
  .refine((body) => Object.keys(body).length > 1, "expected something to change");

/** Answer to a change of photos. */
export const PhotosChanged = z
  .object({ decisionId: z.number().int(), photosChanged: z.number().int() })
  .meta({ id: "PhotosChanged" });
export type PhotosChanged = z.infer<typeof PhotosChanged>;
