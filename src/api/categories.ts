import { z } from "zod";
import { Id, JobAccepted, optionalBody } from "./common.ts";

/** A named set of tags. */
export const Category = z
  .object({
    id: z.number().int(),
    name: z.string(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    photos: z.number().int().describe("Photos in sight that have one of the tags"),
  })
  .meta({ id: "Category" });
export type Category = z.infer<typeof Category>;
/** All categories. */
export const CategoryList = z.object({ items: z.array(Category) }).meta({ id: "CategoryList" });
export type CategoryList = z.infer<typeof CategoryList>;

const Name = z.string().trim().min(1).max(100);
const Tags = z.array(z.string().trim().min(1).max(100)).max(1000);

/** Path parameters `{id}` of a category. */
export const CategoryParams = z.object({ id: Id.describe("The id that the list gives") });
/** Body of `POST /categories`. */
export const CreateCategoryRequest = z.object({
  name: Name,
  description: z.string().max(500).optional(),
  tags: Tags.default([]).describe("Tags, also such as no photo has yet"),
});
/** Body of `PUT /categories/{id}`; what is absent stays. */
export const UpdateCategoryRequest = z
  .object({
    name: Name.optional(),
    description: z.string().max(500).nullable().optional(),
    tags: Tags.optional().describe("All tags that it is to have"),
  })
  .refine((body) => Object.keys(body).length > 0, "expected something to change");
/** A category after a change; its photos are indexed anew in the background where they are many. */
export const ChangedCategory = Category.extend({
  decisionId: z.number().int(),
  photosAffected: z.number().int().describe("Photos whose categories changed by it"),
}).meta({ id: "ChangedCategory" });
/** Answer to `DELETE /categories/{id}`. */
export const CategoryDeleted = z
  .object({ decisionId: z.number().int(), photosAffected: z.number().int() })
  .meta({ id: "CategoryDeleted" });
/** Body of `POST /categories/reindex`. */
export const ReindexRequest = optionalBody(
  z.object({ categoryId: Id.optional().describe("Only photos of this category (default: of any)") }),
);
export const ReindexAnswer = JobAccepted.extend({ photos: z.number().int() }).meta({ id: "ReindexAnswer" });
