import { z } from "zod";
import { CHIP_KINDS, FACET_NAMES, QUERY_PROBLEMS } from "../core/search-vocabulary.ts";
import { pageOf, PageQuery, repeatable } from "./common.ts";
import { PhotoFilterQuery } from "./photos.ts";

/** A part of the query that became a filter. Offsets count UTF-16 units of `q`: `q.slice(start, end)`. */
export const QueryChip = z
  .object({
    start: z.number().int(),
    end: z.number().int(),
    kind: z.enum(CHIP_KINDS),
    label: z.string().describe("The value in words, such as a full name or `2023-03-01 – 2023-03-31`"),
    value: z.string().describe("The value as an operator of the query language takes it"),
    isNegated: z.boolean().describe("Photos that have it are left out"),
    source: z
      .enum(["operator", "sentence"])
      .describe("Written as an operator, or recognised in plain words (which may be taken back)"),
    operator: z
      .string()
      .describe(
        "The same as an operator, to put into `q` in its place: an edited chip is the edited operator",
      ),
    plain: z
      .string()
      .describe("The same part of `q` in quotation marks: searched as words, when the chip is taken back"),
  })
  .meta({ id: "QueryChip" });
export type QueryChip = z.infer<typeof QueryChip>;

/** A mistake in the query; the rest of it is searched all the same. */
export const QueryProblem = z
  .object({
    start: z.number().int(),
    end: z.number().int(),
    code: z.enum(QUERY_PROBLEMS),
    message: z.string().describe("What is wrong, in words"),
    suggestion: z.string().nullable().describe("What to write in place of `q.slice(start, end)`"),
  })
  .meta({ id: "QueryProblem" });
export type QueryProblem = z.infer<typeof QueryProblem>;

/** How a query was understood. */
export const ParsedQuery = z
  .object({
    text: z.string().describe("What is left to be searched by words and meaning"),
    chips: z.array(QueryChip),
    problems: z.array(QueryProblem),
  })
  .meta({ id: "ParsedQuery" });
export type ParsedQuery = z.infer<typeof ParsedQuery>;

/** Query of `GET /search/parse`. */
export const ParseQuery = z.object({
  q: z.string().max(1000).default("").describe("What was typed"),
});

/** One value of a facet. */
const FacetValue = z.object({
  value: z.string().describe("As the filter of the same name takes it"),
  label: z.string(),
  count: z.number().int().describe("Photos of the result that have it"),
});

/** How often each value of each filter is among the photos found; most frequent first. */
export const SearchFacets = z
  .object({
    total: z.number().int().describe("Photos found"),
    isExact: z.boolean().describe("False where only the best matches of a very frequent word were counted"),
    facets: z.object({
      category: z.array(FacetValue),
      tag: z.array(FacetValue),
      object: z.array(FacetValue),
      person: z.array(FacetValue),
      place: z.array(FacetValue).describe("Cities"),
      country: z.array(FacetValue).describe("ISO 3166 codes with the country's name"),
      year: z.array(FacetValue),
      camera: z.array(FacetValue),
      format: z.array(FacetValue),
      has: z.array(FacetValue).describe("`faces`, `text`, `gps`"),
    }),
    durationMs: z.number(),
  })
  .meta({ id: "SearchFacets" });
export type SearchFacets = z.infer<typeof SearchFacets>;

/** Query of `GET /search/facets`: that of a search, and which facets. */
export const FacetsQuery = PhotoFilterQuery.extend({
  q: z.string().max(1000).default("").describe("What was searched for, in the query language"),
  mode: z
    .enum(["hybrid", "keyword", "semantic"])
    .default("hybrid")
    .describe("By words, by meaning, or by both"),
  facet: repeatable(z.enum(FACET_NAMES)).describe("Only these facets (default: all)"),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("Most values of each"),
});
export type FacetsQuery = z.infer<typeof FacetsQuery>;

const SearchName = z.string().trim().min(1).max(200);
const SearchAddress = z
  .string()
  .max(4000)
  .describe("The query string of `GET /search` without paging, such as `q=dog&from=2023`");

/** A search that somebody keeps. */
export const SavedSearch = z
  .object({
    id: z.number().int(),
    name: z.string(),
    query: SearchAddress,
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "SavedSearch" });
export type SavedSearch = z.infer<typeof SavedSearch>;

/** A search that was kept or changed. */
export const ChangedSearch = SavedSearch.extend({
  decisionId: z.number().int().describe("For `POST /history/{id}/undo`"),
}).meta({ id: "ChangedSearch" });
export type ChangedSearch = z.infer<typeof ChangedSearch>;

/** Answer of `DELETE /searches/{id}`. */
export const ForgottenSearch = z.object({ decisionId: z.number().int() });

/** Body of `POST /searches`. */
export const SavedSearchRequest = z.object({ name: SearchName, query: SearchAddress });
/** Body of `PUT /searches/{id}`; what is left out stays. */
export const SavedSearchChange = z.object({
  name: SearchName.optional(),
  query: SearchAddress.optional(),
});
/** Query of `GET /searches`. */
export const SavedSearchQuery = PageQuery;
/** One page of saved searches, by name. */
export const SavedSearchPage = pageOf(SavedSearch).meta({ id: "SavedSearchPage" });
