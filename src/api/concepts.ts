import { z } from "zod";
import { Id, PageQuery, pageOf } from "./common.ts";
import { PhotoSummary } from "./photos.ts";
import { Section } from "./trust.ts";

/** The UUID of a concept. */
const ConceptId = z.uuid();
/** Path parameters `{id}`. */
export const ConceptParams = z.object({ id: ConceptId.describe("The id that lists give") });

const ConceptName = z.string().trim().min(1).max(100);
const Words = z.string().trim().min(1).max(1000);

/** Whether a concept can find photos. */
export const ConceptState = z
  .enum(["ready", "needs-examples", "needs-model"])
  .meta({ id: "ConceptState" })
  .describe(
    "ready: it finds photos; needs-examples: no photo is known to show it; needs-model: no text-image model has looked at its examples",
  );

/** Something that the user taught by examples: a thing with a name, or what a query means. */
export const Concept = z
  .object({
    id: ConceptId,
    kind: z.enum(["named", "query"]).describe("named: also a tag, a filter and something to search for"),
    name: z.string().describe("Its name, or the words of the query"),
    state: ConceptState,
    examples: z.number().int().describe("Photos that show it, as the user said"),
    counterexamples: z.number().int().describe("Photos that do not"),
    photos: z.number().int().describe("Photos that it is found in, those with doubt too"),
    representativePhotoId: z.number().int().nullable().describe("A photo that shows it"),
    modelId: z.string().nullable().describe("The text-image model by which it was learnt"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Concept" });
export type Concept = z.infer<typeof Concept>;

/** Query of `GET /concepts`. */
export const ConceptListQuery = PageQuery.extend({
  kind: z.enum(["named", "query"]).optional().describe("Only these; both where absent"),
});
/** One page of concepts, by name. */
export const ConceptPage = pageOf(Concept).meta({ id: "ConceptPage" });
export type ConceptPage = z.infer<typeof ConceptPage>;

const PhotoIds = z.array(Id).max(200);

/** Body of `POST /concepts`. */
export const NewConcept = z.object({
  name: ConceptName.describe("Unique; letter case does not matter"),
  exampleIds: PhotoIds.default([]).describe("Photos that show it"),
  counterexampleIds: PhotoIds.default([]).describe("Photos that do not"),
});
/** Body of `PUT /concepts/{id}`. */
export const ConceptUpdate = z.object({ name: ConceptName });

/** Answer to a change of a concept, with the decision that `POST /history/{id}/undo` takes back. */
export const ChangedConcept = Concept.extend({
  decisionId: z.number().int(),
  trainedMs: z.number().nullable().describe("How long learning took, milliseconds; null when it could not"),
}).meta({ id: "ChangedConcept" });
export type ChangedConcept = z.infer<typeof ChangedConcept>;

/** Answer to the deletion of a concept. */
export const DeletedConcept = z.object({ decisionId: z.number().int() });

/** One photo that shows a concept, or does not; null takes back what was said of it. */
const Example = z.object({ photoId: Id, isExample: z.boolean().nullable() });
/** Body of `POST /concepts/{id}/examples`: one photo, or several. */
export const ExamplesRequest = z.union([Example, z.object({ examples: z.array(Example).min(1).max(200) })]);

/** Query of `GET /concepts/{id}/photos`. */
export const ConceptPhotosQuery = PageQuery.extend({
  section: Section.optional().describe("Only these"),
});
/** Photos in which a concept was found, the surest first. */
export const ConceptPhotos = pageOf(
  z.object({
    photo: PhotoSummary,
    score: z.number().describe("0 to 1; from 0.5 on it is strong"),
    section: Section,
    isExample: z.boolean().nullable().describe("What the user said of it; null: nothing"),
  }),
).meta({ id: "ConceptPhotos" });
export type ConceptPhotos = z.infer<typeof ConceptPhotos>;

/** Body of `POST /search/feedback`: "more like this", "not this". */
export const FeedbackRequest = z.object({
  q: Words.describe("The query that found the photo, or should have"),
  photoId: Id,
  isMatch: z.boolean().nullable().describe("true: more like this; false: not this; null: nothing any more"),
});
