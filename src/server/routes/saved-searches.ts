import {
  ChangedSearch,
  ForgottenSearch,
  SavedSearch,
  SavedSearchChange,
  SavedSearchPage,
  SavedSearchQuery,
  SavedSearchRequest,
} from "../../api/search-query.ts";
import { IdParams } from "../../api/common.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { SavedSearches } from "../../engine/search/searching.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";

type Stored = NonNullable<Awaited<ReturnType<SavedSearches["get"]>>>;
type Changed = Awaited<ReturnType<SavedSearches["create"]>>;

function toSavedSearch({ createdAt, updatedAt, ...search }: Stored): SavedSearch {
  return {
    ...search,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

const toChanged = ({ search, decisionId }: Changed): ChangedSearch => ({
  ...toSavedSearch(search),
  decisionId,
});

function unknown(id: number): KeepsightError {
  return new KeepsightError("not_found", `There is no saved search ${id}.`);
}

/** Searches that people keep. */
export function addSavedSearchRoutes(server: ApiServer, searches: SavedSearches): void {
  server.get(
    "/searches",
    {
      schema: {
        tags: ["search"],
        summary: "Saved searches, by name",
        querystring: SavedSearchQuery,
        response: { 200: SavedSearchPage },
      },
    },
    async ({ query: { page, pageSize } }) => {
      const { items, total } = await searches.list({ limit: pageSize, offset: (page - 1) * pageSize });
      return { items: items.map(toSavedSearch), total, page, pageSize };
    },
  );

  server.get(
    "/searches/:id",
    {
      schema: {
        tags: ["search"],
        summary: "One saved search",
        params: IdParams,
        response: { 200: SavedSearch },
      },
    },
    async ({ params: { id } }) => {
      const search = await searches.get(id);
      if (search === undefined) throw unknown(id);
      return toSavedSearch(search);
    },
  );

  server.post(
    "/searches",
    {
      schema: {
        tags: ["search"],
        summary: "Keep a search",
        description: "The name must be free (409); letter case does not matter.",
        body: SavedSearchRequest,
        response: { 201: ChangedSearch },
      },
    },
    async ({ body }, reply) => reply.code(201).send(toChanged(await searches.create(body, USER))),
  );

  server.put(
    "/searches/:id",
    {
      schema: {
        tags: ["search"],
        summary: "Rename a saved search, or make it another one",
        params: IdParams,
        body: SavedSearchChange,
        response: { 200: ChangedSearch },
      },
    },
    async ({ params: { id }, body }) => {
      const changed = await searches.change(id, body, USER);
      if (changed === undefined) throw unknown(id);
      return toChanged(changed);
    },
  );

  server.delete(
    "/searches/:id",
    {
      schema: {
        tags: ["search"],
        summary: "Forget a saved search",
        params: IdParams,
        response: { 200: ForgottenSearch },
      },
    },
    async ({ params: { id } }) => {
      const decisionId = await searches.remove(id, USER);
      if (decisionId === undefined) throw unknown(id);
      return { decisionId };
    },
  );
}
