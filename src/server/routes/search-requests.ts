import {
  FoundPhotos,
  FoundPlaces,
  HybridRequest,
  ObjectSearchRequest,
  OcrSearchRequest,
  TextSearchQuery,
} from "../../api/search-requests.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { SearchChannel } from "../../core/search-vocabulary.ts";
import type { PhotoQuery, PhotoSearch } from "../../engine/search/search-photos.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toPhotoSummary, toSearchHit } from "../present.ts";

const tags = ["search"];

const OBJECT_CHANNELS: readonly SearchChannel[] = ["objects", "objectMeaning"];
const TEXT_CHANNELS: readonly SearchChannel[] = ["text", "fuzzy"];

const since = (started: number) => Math.round((performance.now() - started) * 100) / 100;

/** Searches for programs: by meaning, with filters in a body, by objects, by text in photos. */
export function addSearchRequestRoutes(
  server: ApiServer,
  { search }: { readonly search: PhotoSearch },
): void {
  async function find(query: PhotoQuery) {
    const started = performance.now();
    const { hits, total, mode, notice } = await search.search(query);
    return { items: hits.map(toSearchHit), total, mode, notice: notice ?? null, durationMs: since(started) };
  }

  /** Hits of some channels only, each with what those found. */
  async function findPlaces(query: Omit<PhotoQuery, "offset">, channels: readonly SearchChannel[]) {
    const started = performance.now();
    const { hits, nextCursor, notice } = await search.searchChannels({ ...query, offset: 0 }, channels);
    const items = hits.map(({ photo, score, reasons }) => {
      const similarities = reasons.flatMap(({ similarity }) => similarity ?? []);
      return {
        photo: toPhotoSummary(photo),
        score,
        similarity: similarities.length === 0 ? null : Math.max(...similarities),
        matches: [...new Set(reasons.flatMap(({ matches }) => matches))],
        boxes: reasons.flatMap(({ normalizedBoxes }) => [...normalizedBoxes]),
      };
    });
    return {
      items,
      nextCursor: nextCursor ?? null,
      notice: notice ?? null,
      durationMs: since(started),
    };
  }

  server.get(
    "/search/text",
    {
      schema: {
        tags,
        summary: "The photos that words describe best",
        description:
          "By meaning unless `mode` says otherwise; `notice` tells where no model for it is installed.",
        querystring: TextSearchQuery,
        response: { 200: FoundPhotos },
      },
    },
    async ({ query: { q, k, mode } }) => find({ text: q, mode, filter: {}, limit: k, offset: 0 }),
  );

  server.post(
    "/search/hybrid",
    {
      schema: {
        tags,
        summary: "Find photos by words, meaning and filters, all in one body",
        body: HybridRequest,
        response: { 200: FoundPhotos },
      },
    },
    async ({ body }) => {
      const { textQuery, classes, minConfidence, dateRange, categories, persons, mode, limit, offset } = body;
      const filter: PhotoFilter = {
        ...toPhotoFilter({
          ...(body.tags === undefined ? {} : { tag: body.tags }),
          ...(categories === undefined ? {} : { category: categories }),
          ...(persons === undefined ? {} : { person: persons }),
          ...(dateRange?.from === undefined ? {} : { from: dateRange.from }),
          ...(dateRange?.to === undefined ? {} : { to: dateRange.to }),
        }),
        ...toObjects(classes, minConfidence),
      };
      return find({ text: textQuery, mode, filter, limit, offset });
    },
  );

  server.post(
    "/search/objects",
    {
      schema: {
        tags,
        summary: "Photos with an object, and where in them",
        body: ObjectSearchRequest,
        response: { 200: FoundPlaces },
      },
    },
    async ({ body: { query, classes, minConfidence, limit, cursor } }) =>
      findPlaces(
        { text: query, mode: "hybrid", filter: toObjects(classes, minConfidence), limit, cursor },
        OBJECT_CHANNELS,
      ),
  );

  server.post(
    "/search/ocr",
    {
      schema: {
        tags,
        summary: "Photos in which words are written, and where",
        body: OcrSearchRequest,
        response: { 200: FoundPlaces },
      },
    },
    async ({ body: { query, limit, cursor } }) =>
      findPlaces({ text: query, mode: "keyword", filter: {}, limit, cursor }, TEXT_CHANNELS),
  );
}

function toObjects(classes: readonly string[] | undefined, minScore: number): PhotoFilter {
  return classes === undefined ? {} : { objects: classes.map((label) => ({ label, minScore })) };
}
