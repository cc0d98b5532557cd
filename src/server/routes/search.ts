import { z } from "zod";
import type { PhotoFilterQuery } from "../../api/photos.ts";
import { FacetsQuery, ParsedQuery, ParseQuery, SearchFacets } from "../../api/search-query.ts";
import { type SearchMode, SearchQuery, SearchResult, SuggestQuery, SuggestResult } from "../../api/search.ts";
import type { CountFacets } from "../../engine/search/count-facets.ts";
import type { SearchHit } from "../../engine/search/explain-hits.ts";
import type { PhotoQuery, PhotoSearch, SearchAnswer } from "../../engine/search/search-photos.ts";
import type { UnderstandQuery } from "../../engine/search/understand-query.ts";
import type { Suggest } from "../../engine/search/suggest.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toFacets, toParsedQuery } from "../present-query.ts";
import { toSearchHit } from "../present.ts";
import { writeCsv, writeJsonArray } from "../write-rows.ts";

/** Hits of one export: what a spreadsheet still opens. */
const EXPORT_LIMIT = 10_000;

/** Hits read at a time, so that an export holds up nobody else. */
const EXPORT_PAGE = 500;

const ExportQuery = SearchQuery.omit({ page: true, pageSize: true, cursor: true }).extend({
  as: z.enum(["csv", "json"]).default("csv").describe("Form of the answer (`format` filters by file format)"),
});

export interface SearchRoutesOptions {
  readonly search: PhotoSearch;
  readonly understand: UnderstandQuery;
  readonly countFacets: CountFacets;
  readonly suggest: Suggest;
}

/** What the parameters of a request and its query, understood, ask for. */
async function toQuestion(
  query: PhotoFilterQuery & { readonly q: string; readonly mode: SearchMode },
  understand: UnderstandQuery,
) {
  const parsed = await understand(query.q);
  const { text, words } = parsed;
  const filter = { ...toPhotoFilter(query), ...parsed.filter };
  return { parsed, question: { text, words, mode: query.mode, filter } };
}

/** Milliseconds since, for people. */
const since = (started: number) => Math.round((performance.now() - started) * 100) / 100;

/** Search, its facets and completion, and export of results. */
export function addSearchRoutes(
  server: ApiServer,
  { search, understand, countFacets, suggest }: SearchRoutesOptions,
): void {
  server.get(
    "/search",
    {
      schema: {
        tags: ["search"],
        summary: "Find photos by words, meaning and filters",
        description:
          "`q` is plain words or the query language: names, dates, places and categories in it become filters, which `query.chips` tells. All parameters that filter must hold as well.",
        querystring: SearchQuery,
        response: { 200: SearchResult },
      },
    },
    async ({ query }) => {
      const started = performance.now();
      const { page, pageSize, sort, cursor } = query;
      const { parsed, question } = await toQuestion(query, understand);
      const answer = await search.search({
        ...question,
        sort,
        limit: pageSize,
        offset: (page - 1) * pageSize,
        cursor,
      });
      return {
        items: answer.hits.map(toSearchHit),
        total: answer.total,
        isTotalExact: answer.isTotalExact,
        page,
        pageSize,
        nextCursor: answer.nextCursor ?? null,
        query: toParsedQuery(parsed),
        sections: answer.sections,
        verdict: answer.verdict ?? null,
        mode: answer.mode,
        notice: answer.notice ?? null,
        durationMs: since(started),
      };
    },
  );

  server.get(
    "/search/parse",
    {
      schema: {
        tags: ["search"],
        summary: "How a query is understood, without searching",
        description: "Chips with their place in the text, what is left for words and meaning, and mistakes.",
        querystring: ParseQuery,
        response: { 200: ParsedQuery },
      },
    },
    async ({ query: { q } }) => toParsedQuery(await understand(q)),
  );

  server.get(
    "/search/facets",
    {
      schema: {
        tags: ["search"],
        summary: "By what the photos found could be narrowed down",
        description: "Takes the parameters of `GET /search`; counts may be some seconds old.",
        querystring: FacetsQuery,
        response: { 200: SearchFacets },
      },
    },
    async ({ query }) => {
      const started = performance.now();
      const { question } = await toQuestion(query, understand);
      const { total, isExact, facets } = await countFacets({
        ...question,
        facets: query.facet,
        limit: query.limit,
      });
      return {
        total,
        isExact,
        facets: toFacets(facets),
        durationMs: since(started),
      };
    },
  );

  server.get(
    "/search/export",
    {
      schema: {
        tags: ["search"],
        summary: "All hits as CSV or JSON",
        querystring: ExportQuery,
        response: { 200: contentOf("One row or object a photo", "text/csv", "application/json") },
      },
    },
    async ({ query }, reply) => {
      const { question } = await toQuestion(query, understand);
      const first = await search.search({ ...question, sort: query.sort, limit: EXPORT_PAGE, offset: 0 });
      // What is wrong with the question was found out before the answer begins.
      const rows = readRows({ ...question, sort: query.sort }, first);
      reply.header("content-disposition", `attachment; filename="keepsight-search.${query.as}"`);
      if (query.as === "json")
        return reply.type("application/json; charset=utf-8").send(writeJsonArray(rows));
      return reply.type("text/csv; charset=utf-8").send(writeCsv(EXPORT_COLUMNS, rows));
    },
  );

  server.get(
    "/search/suggest",
    {
      schema: {
        tags: ["search"],
        summary: "Complete what is being typed",
        querystring: SuggestQuery,
        response: { 200: SuggestResult },
      },
    },
    async ({ query }) => ({ items: await suggest(query.q, query.limit, query.kind) }),
  );

  async function* readRows(
    question: Omit<PhotoQuery, "limit" | "offset" | "cursor">,
    first: SearchAnswer,
  ): AsyncGenerator<ExportRow> {
    let page = first;
    for (let written = 0; ;) {
      for (const hit of page.hits) {
        if (++written > EXPORT_LIMIT) return;
        yield toExportRow(hit);
      }
      const { nextCursor: cursor } = page;
      if (cursor === undefined) return;
      page = await search.search({ ...question, limit: EXPORT_PAGE, offset: 0, cursor });
    }
  }
}

const EXPORT_COLUMNS = [
  "id",
  "path",
  "fileName",
  "takenAt",
  "width",
  "height",
  "latitude",
  "longitude",
  "score",
  "foundBy",
] as const;

type ExportRow = Readonly<Record<(typeof EXPORT_COLUMNS)[number], string | number | null>>;

function toExportRow({ photo, score, reasons }: SearchHit): ExportRow {
  return {
    id: photo.id,
    path: photo.path,
    fileName: photo.fileName,
    takenAt: photo.takenAtLocal ?? null,
    width: photo.width ?? null,
    height: photo.height ?? null,
    latitude: photo.latitude ?? null,
    longitude: photo.longitude ?? null,
    score,
    foundBy: [...new Set(reasons.map(({ channel }) => channel))].join(" "),
  };
}
