import { z } from "zod";

/** The prefix of every path of the API, except health and metrics. */
export const API_PREFIX = "/api/v1";

/** An error, as an RFC 9457 problem document (`application/problem+json`). */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string().describe("What kind of error this is, in words"),
    status: z.number().int(),
    code: z.string().describe("Stable code for programs"),
    detail: z.string().describe("What failed, with the value, and what to do"),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe("Every invalid field"),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/** Query parameters of a paged list. */
export const PageQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe("Page, from 1"),
  pageSize: z.coerce.number().int().min(1).max(100).default(50).describe("Entries on a page"),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** The schema of one page of `item`. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    total: z.number().int(),
    page: z.number().int(),
    pageSize: z.number().int(),
  });
}

/** The positive integer that names a row. */
export const Id = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Path parameters `{id}`. */
export const IdParams = z.object({ id: Id.describe("The id that lists give") });

/** A rectangle in fractions (0–1) of the upright photo. */
export const NormalizedBox = z
  .object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
  .meta({ id: "NormalizedBox" });

/** A query parameter that may be given once, several times, or not at all. */
export function repeatable<T extends z.ZodType>(item: T) {
  return z.preprocess(
    (value) => (value === undefined ? undefined : Array.isArray(value) ? value : [value]),
    z.array(item).max(100).optional(),
  );
}

/** A body that may be left out, where every field has a default. */
export function optionalBody<T extends z.ZodType>(body: T) {
  return z.preprocess((value) => value ?? {}, body);
}

/** A query parameter `true` or `false`. */
export const QueryBoolean = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .optional();

/** Answer to something that goes on in the background. */
export const JobAccepted = z.object({ jobId: z.number().int() }).meta({ id: "JobAccepted" });
