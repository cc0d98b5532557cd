import {
  CategoryDeleted,
  CategoryList,
  CategoryParams,
  ChangedCategory,
  CreateCategoryRequest,
  ReindexAnswer,
  ReindexRequest,
  UpdateCategoryRequest,
} from "../../api/categories.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { Albums } from "../../engine/albums/albums.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";

const tags = ["categories"];

type EngineCategory = Awaited<ReturnType<Albums["curating"]["categories"]>>[number];

function toCategory({ id, name, description, tags: names, photos }: EngineCategory) {
  return { id, name, description: description ?? null, tags: [...names], photos };
}

/** Categories: named sets of tags that are edited here. */
export function addCategoryRoutes(server: ApiServer, { curating }: Albums): void {
  server.get(
    "/categories",
    { schema: { tags, summary: "Categories and their tags", response: { 200: CategoryList } } },
    async () => ({ items: (await curating.categories()).map(toCategory) }),
  );

  server.post(
    "/categories",
    {
      schema: {
        tags,
        summary: "Add a category",
        body: CreateCategoryRequest,
        response: { 201: ChangedCategory },
      },
    },
    async ({ body }, reply) => {
      const parts = { tags: body.tags, ...withoutUndefined({ description: body.description }) };
      const made = await curating.createCategory(body.name, parts, USER);
      const { decisionId, photosAffected } = made;
      return reply.code(201).send({ ...toCategory(made), decisionId, photosAffected });
    },
  );

  server.put(
    "/categories/:id",
    {
      schema: {
        tags,
        summary: "Change a category's name or tags",
        description:
          "Filters follow at once; the text of the photos affected is indexed anew, in the background where they are many. No picture is looked at.",
        params: CategoryParams,
        body: UpdateCategoryRequest,
        response: { 200: ChangedCategory },
      },
    },
    async ({ params: { id }, body }) => {
      const changed = await curating.changeCategory(id, withoutUndefined(body), USER);
      const { decisionId, photosAffected } = changed;
      return { ...toCategory(changed), decisionId, photosAffected };
    },
  );

  server.delete(
    "/categories/:id",
    {
      schema: {
        tags,
        summary: "Delete a category (tags and photos stay)",
        params: CategoryParams,
        response: { 200: CategoryDeleted },
      },
    },
    async ({ params: { id } }) => {
      const { decisionId, photosChanged } = await curating.deleteCategory(id, USER);
      return { decisionId, photosAffected: photosChanged };
    },
  );

  server.post(
    "/categories/reindex",
    {
      schema: {
        tags,
        summary: "Index the text of photos with categories anew",
        description: "Never needed after a change made here: that is followed by itself.",
        body: ReindexRequest,
        response: { 202: ReindexAnswer },
      },
    },
    async ({ body: { categoryId } }, reply) =>
      reply.code(202).send(await curating.reindexCategories(categoryId)),
  );
}
