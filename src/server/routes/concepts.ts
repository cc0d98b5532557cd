import {
  ChangedConcept,
  Concept,
  ConceptListQuery,
  ConceptPage,
  ConceptParams,
  ConceptPhotos,
  ConceptPhotosQuery,
  ConceptUpdate,
  DeletedConcept,
  ExamplesRequest,
  FeedbackRequest,
  NewConcept,
} from "../../api/concepts.ts";
import type { Concepts } from "../../engine/concepts/concepts.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoSummary } from "../present.ts";
import { toChangedConcept, toConcept } from "../present-concepts.ts";

const tags = ["concepts"];

/** What users teach by examples: things with a name, and what a query means. */
export function addConceptRoutes(server: ApiServer, concepts: Concepts): void {
  addLists(server, concepts);
  addChanges(server, concepts);

  server.post(
    "/search/feedback",
    {
      schema: {
        tags: ["search"],
        summary: "More like this, or not this: teach what a query means",
        description:
          "Learnt at once, with the words themselves to begin with; the next search by the same words follows it. Photos that the user refused are left out of it.",
        body: FeedbackRequest,
        response: { 200: ChangedConcept },
      },
    },
    async ({ body: { q, photoId, isMatch } }) =>
      toChangedConcept(await concepts.teachQuery(q, [{ photoId, isExample: isMatch }], USER)),
  );
}

function addLists(server: ApiServer, concepts: Concepts): void {
  server.get(
    "/concepts",
    {
      schema: {
        tags,
        summary: "What has been taught, by name",
        querystring: ConceptListQuery,
        response: { 200: ConceptPage },
      },
    },
    async ({ query: { page, pageSize, kind } }) => {
      const { items, total } = await concepts.list({ kind, limit: pageSize, offset: (page - 1) * pageSize });
      return { items: items.map(toConcept), total, page, pageSize };
    },
  );

  server.get(
    "/concepts/:id",
    { schema: { tags, summary: "One concept", params: ConceptParams, response: { 200: Concept } } },
    async ({ params: { id } }) => toConcept(await concepts.get(id)),
  );

  server.get(
    "/concepts/:id/photos",
    {
      schema: {
        tags,
        summary: "Photos in which a concept was found, the surest first",
        params: ConceptParams,
        querystring: ConceptPhotosQuery,
        response: { 200: ConceptPhotos },
      },
    },
    async ({ params: { id }, query: { page, pageSize, section } }) => {
      const { items, total } = await concepts.photosOf(id, {
        section,
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      return {
        items: items.map(({ photo, score, section: found, isExample }) => ({
          photo: toPhotoSummary(photo),
          score: Math.round(score * 1e4) / 1e4,
          section: found,
          isExample: isExample ?? null,
        })),
        total,
        page,
        pageSize,
      };
    },
  );
}

function addChanges(server: ApiServer, concepts: Concepts): void {
  server.post(
    "/concepts",
    {
      schema: {
        tags,
        summary: "Teach something new by a few photos that show it",
        description:
          "Three photos are enough as a rule. The concept is a tag of the photos that surely show it, a filter (`concept`), and found by its name.",
        body: NewConcept,
        response: { 201: ChangedConcept },
      },
    },
    async ({ body: { name, exampleIds, counterexampleIds } }, reply) => {
      const examples = [
        ...exampleIds.map((photoId) => ({ photoId, isExample: true })),
        ...counterexampleIds.map((photoId) => ({ photoId, isExample: false })),
      ];
      return reply.code(201).send(toChangedConcept(await concepts.create(name, examples, USER)));
    },
  );

  server.put(
    "/concepts/:id",
    {
      schema: {
        tags,
        summary: "Rename a concept",
        params: ConceptParams,
        body: ConceptUpdate,
        response: { 200: ChangedConcept },
      },
    },
    async ({ params: { id }, body: { name } }) => toChangedConcept(await concepts.rename(id, name, USER)),
  );

  server.delete(
    "/concepts/:id",
    {
      schema: {
        tags,
        summary: "Forget a concept and its tag",
        params: ConceptParams,
        response: { 200: DeletedConcept },
      },
    },
    async ({ params: { id } }) => concepts.remove(id, USER),
  );

  server.post(
    "/concepts/:id/examples",
    {
      schema: {
        tags,
        summary: "Say of photos whether they show a concept",
        params: ConceptParams,
        body: ExamplesRequest,
        response: { 200: ChangedConcept },
      },
    },
    async ({ params: { id }, body }) => {
      const examples = "examples" in body ? body.examples : [body];
      return toChangedConcept(await concepts.teach(id, examples, USER));
    },
  );
}
