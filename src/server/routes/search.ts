import { z } from "zod";
import { SearchQuery, SearchResult, SuggestQuery, SuggestResult } from "../../api/search.ts";
import type { PhotoSearch, SearchHit } from "../../engine/search/search-photos.ts";
import type { Suggest } from "../../engine/search/suggest.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toSearchHit } from "../present.ts";

/** Hits of one export: what a spreadsheet still opens. */
const EXPORT_LIMIT = 10_000;

/** Hits read at a time, so that an export holds up nobody else. */
const EXPORT_PAGE = 500;

const ExportQuery = SearchQuery.omit({ page: true, pageSize: true }).extend({
  as: z.enum(["csv", "json"]).default("csv").describe("Form of the answer (`format` filters by file format)"),
});

export interface SearchRoutesOptions {
  readonly search: PhotoSearch;
  readonly suggest: Suggest;
}

/** Search, completion and export of results. */
export function addSearchRoutes(server: ApiServer, { search, suggest }: SearchRoutesOptions): void {
  server.get(
    "/search",
    {
      schema: {
        tags: ["search"],
        summary: "Find photos by words, meaning and filters",
        querystring: SearchQuery,
        response: { 200: SearchResult },
      },
    },
    async ({ query }) => {
      const started = performance.now();
      const { page, pageSize, q, mode } = query;
      const filter = toPhotoFilter(query);
      const answer = await search.search({
        text: q,
        mode,
        filter,
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
      return {
        items: answer.hits.map(toSearchHit),
        total: answer.total,
        page,
        pageSize,
        sections: answer.sections,
        verdict: answer.verdict ?? null,
        mode: answer.mode,
        notice: answer.notice ?? null,
        durationMs: Math.round((performance.now() - started) * 100) / 100,
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
      const rows = await collectRows(query);
      reply.header("content-disposition", `attachment; filename="keepsight-search.${query.as}"`);
      if (query.as === "json")
        return reply.type("application/json; charset=utf-8").send(JSON.stringify(rows));
      return reply.type("text/csv; charset=utf-8").send(toCsv(rows));
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

  async function collectRows(query: z.infer<typeof ExportQuery>): Promise<ExportRow[]> {
    const { q: text, mode } = query;
    const filter = toPhotoFilter(query);
    const rows: ExportRow[] = [];
    for (let offset = 0; offset < EXPORT_LIMIT; offset += EXPORT_PAGE) {
      const { hits, total } = await search.search({ text, mode, filter, limit: EXPORT_PAGE, offset });
      for (const hit of hits) rows.push(toExportRow(hit));
      if (offset + EXPORT_PAGE >= total) break;
    }
    return rows;
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

function toCsv(rows: readonly ExportRow[]): string {
  const lines = rows.map((row) => EXPORT_COLUMNS.map((column) => toCsvCell(row[column])).join(","));
  return [EXPORT_COLUMNS.join(","), ...lines, ""].join("\r\n");
}

/** One cell by RFC 4180; a text that begins with =, +, −, @ or a tab would be run as a formula by spreadsheets. */
function toCsvCell(value: string | number | null): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
