import {
  FoundPhotos,
  FoundPlaces,
  HybridRequest,
  ObjectSearchRequest,
  OcrSearchRequest,
  TextSearchQuery,
} from "../../api/search-requests.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { SearchHit } from "../../engine/search/explain-hits.ts";
import type { PhotoQuery, PhotoSearch } from "../../engine/search/search-photos.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toPhotoSummary, toSearchHit } from "../present.ts";

const tags = ["search"];

/** Hits looked through for those of one channel. */
const CHANNEL_DEPTH = 500;

type Channel = SearchHit["reasons"][number]["channel"];

const OBJECT_CHANNELS: readonly Channel[] = ["objects", "objectMeaning"];
const TEXT_CHANNELS: readonly Channel[] = ["text", "fuzzy"];

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
  async function findPlaces(
    query: Pick<PhotoQuery, "text" | "mode" | "filter">,
    channels: readonly Channel[],
    limit: number,
  ) {
    const started = performance.now();
    const { hits, notice } = await search.search({ ...query, limit: CHANNEL_DEPTH, offset: 0 });
    const items = hits.flatMap(({ photo, score, reasons }) => {
      const own = reasons.filter(({ channel }) => channels.includes(channel));
      if (own.length === 0) return [];
      const similarities = own.flatMap(({ similarity }) => similarity ?? []);
      return [
        {
          photo: toPhotoSummary(photo),
          score,
          similarity: similarities.length === 0 ? null : Math.max(...similarities),
          matches: [...new Set(own.flatMap(({ matches }) => matches))],
          boxes: own.flatMap(({ normalizedBoxes }) => [...normalizedBoxes]),
        },
      ];
    });
    return { items: items.slice(0, limit), notice: notice ?? null, durationMs: since(started) };
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
    async ({ body: { query, classes, minConfidence, limit } }) =>
      findPlaces(
        { text: query, mode: "hybrid", filter: toObjects(classes, minConfidence) },
        OBJECT_CHANNELS,
        limit,
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
    async ({ body: { query, limit } }) =>
      findPlaces({ text: query, mode: "keyword", filter: {} }, TEXT_CHANNELS, limit),
  );
}

function toObjects(classes: readonly string[] | undefined, minScore: number): PhotoFilter {
  return classes === undefined ? {} : { objects: classes.map((label) => ({ label, minScore })) };
}
