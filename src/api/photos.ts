import { z } from "zod";
import { IMAGE_FORMATS, STEPS } from "../core/photo-analysis.ts";
import { PHOTO_STATUSES } from "../core/photo-status.ts";
import { NormalizedBox, PageQuery, pageOf, QueryBoolean, repeatable } from "./common.ts";

/** Where a photo stands, as a user sees it. */
export const PhotoStatus = z.enum(PHOTO_STATUSES).meta({ id: "PhotoStatus" });

/** A photo as it appears in a grid. */
export const PhotoSummary = z
  .object({
    id: z.number().int(),
    fileName: z.string(),
    width: z.number().int().nullable().describe("Pixels of the upright original; null before it was decoded"),
    height: z.number().int().nullable(),
    thumbhash: z.string().nullable().describe("ThumbHash placeholder, base64"),
    takenAt: z
      .string()
      .nullable()
      .describe("Wall-clock time, YYYY-MM-DDTHH:mm:ss, at the place of the photo"),
    utcOffsetMinutes: z.number().int().nullable(),
    day: z
      .string()
      .describe("Day in the timeline, YYYY-MM-DD: when it was taken, or else the date of its file"),
    status: PhotoStatus,
    version: z
      .number()
      .int()
      .describe("Changes with the file's content: part of derivative URLs, for caching"),
  })
  .meta({ id: "PhotoSummary" });
export type PhotoSummary = z.infer<typeof PhotoSummary>;

/** A day that exists, its month, or its year. */
export const DateOrDay = z
  .string()
  .regex(/^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/, "expected YYYY, YYYY-MM or YYYY-MM-DD")
  .refine((date) => date.length < 10 || z.iso.date().safeParse(date).success, "there is no such day");

/** `label` or `label:0.6`. */
const ObjectFilter = z
  .string()
  .min(1)
  .max(200)
  .transform((value, context) => {
    const match = /^(.*?)(?::([\d.]+))?$/s.exec(value)!;
    const minScore = match[2] === undefined ? undefined : Number(match[2]);
    if (minScore !== undefined && !(minScore >= 0 && minScore <= 1)) {
      context.addIssue(`expected a confidence from 0 to 1 after the colon, got "${match[2]}"`);
      return z.NEVER;
    }
    if (match[1] === "") {
      context.addIssue(`expected an object class before the colon, got "${value}"`);
      return z.NEVER;
    }
    return { label: match[1]!, ...(minScore === undefined ? {} : { minScore }) };
  });

/** `latitude,longitude,radiusKm`. */
const NearFilter = z.string().transform((value, context) => {
  const parts = value.split(",");
  const [latitude, longitude, radiusKm] = parts.map(Number);
  const isValid =
    parts.length === 3 &&
    parts.every((part) => part.trim() !== "") &&
    Math.abs(latitude!) <= 90 &&
    Math.abs(longitude!) <= 180 &&
    radiusKm! > 0 &&
    radiusKm! <= 20_038;
  if (!isValid) {
    context.addIssue(`expected latitude,longitude,radiusKm such as 41.9,12.5,25, got "${value}"`);
    return z.NEVER;
  }
  return { latitude: latitude!, longitude: longitude!, radiusKm: radiusKm! };
});

const Term = z.string().min(1).max(200);

/** Filters shared by the timeline, the list of photos and search; all given ones must hold. */
export const PhotoFilterQuery = z.object({
  category: repeatable(Term).describe("Any of these categories"),
  tag: repeatable(Term).describe("All of these tags"),
  object: repeatable(ObjectFilter).describe(
    "All of these object classes; `dog:0.6` sets a minimum confidence",
  ),
  person: repeatable(Term).describe("Names of persons"),
  personMode: z.enum(["all", "any", "none"]).optional().describe("How several persons combine (default all)"),
  withoutPerson: repeatable(Term).describe("Names of persons, none of whom is in the photo"),
  place: repeatable(Term).describe("Any of these cities or countries, by name or country code"),
  from: DateOrDay.optional().describe("Taken at or after"),
  to: DateOrDay.optional().describe("Taken at or before (the whole of that year, month or day)"),
  text: z.string().min(1).max(200).optional().describe("Words the photo shows"),
  hasFaces: QueryBoolean.describe("Whether faces were found"),
  hasText: QueryBoolean.describe("Whether text was found"),
  hasGps: QueryBoolean.describe("Whether the place is known"),
  near: NearFilter.optional().describe("latitude,longitude,radiusKm"),
  camera: Term.optional().describe("Model of the camera"),
  format: repeatable(z.enum(IMAGE_FORMATS)).describe("Any of these file formats"),
  album: repeatable(Term).describe("Any of these albums, by title or id"),
  duplicates: z
    .enum(["hidden", "shown", "only"])
    .optional()
    .describe("Copies that were put behind another photo (default: hidden)"),
  concept: repeatable(Term).describe("All of these concepts, by name or id"),
  folder: z.string().min(1).max(4096).optional().describe("Photos in this folder or below it"),
  minRating: z.coerce.number().int().min(1).max(5).optional().describe("Stars, at least"),
  isFavourite: QueryBoolean.describe("Whether it is marked as a favourite"),
  status: repeatable(PhotoStatus).describe("Any of these states"),
});
export type PhotoFilterQuery = z.infer<typeof PhotoFilterQuery>;

/** Query of `GET /photos`. */
export const PhotoListQuery = PhotoFilterQuery.extend({
  ...PageQuery.shape,
  sort: z.enum(["newest", "oldest"]).default("newest").describe("By the time they were taken"),
});
/** One page of photos. */
export const PhotoPage = pageOf(PhotoSummary).meta({ id: "PhotoPage" });
export type PhotoPage = z.infer<typeof PhotoPage>;

/** How many photos each month has, newest first; months without photos are absent. */
export const Timeline = z
  .object({
    total: z.number().int(),
    months: z.array(z.object({ month: z.string().describe("YYYY-MM"), count: z.number().int() })),
  })
  .meta({ id: "Timeline" });
export type Timeline = z.infer<typeof Timeline>;

/** Query of `GET /timeline/shapes`. */
export const TimelineShapesQuery = PhotoFilterQuery.extend({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("Only so many of the newest days (default: all)"),
});

/** The shapes of all photos by month and day, newest first: what a page needs to lay them out before it has them. */
export const TimelineShapes = z
  .object({
    total: z.number().int().describe("Photos in this answer"),
    isComplete: z.boolean().describe("False when older days were left out"),
    months: z.array(
      z.object({
        month: z.string().describe("YYYY-MM"),
        days: z.array(
          z.object({
            day: z.string().describe("YYYY-MM-DD"),
            undated: z.number().int().describe("Photos of the day that do not record when they were taken"),
            shapes: z
              .string()
              .describe(
                "One character a photo, newest first. With its code c, k = c − 35, and one less above 92 " +
                  "(the backslash is left out): width / (width + height) is (k + 70) / 210, from 1:2 to 12:5; " +
                  "4:3 where the size is not known yet",
              ),
          }),
        ),
      }),
    ),
  })
  .meta({ id: "TimelineShapes" });
export type TimelineShapes = z.infer<typeof TimelineShapes>;

/** Query of `GET /timeline/{month}`. */
export const TimelineMonthQuery = PhotoFilterQuery.extend({
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("Photos of the month to leave out at its beginning"),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("Photos to give at most (default: all)"),
});

/** Photos of one month, newest first. */
export const TimelineMonth = z
  .object({ month: z.string(), photos: z.array(PhotoSummary) })
  .meta({ id: "TimelineMonth" });
export type TimelineMonth = z.infer<typeof TimelineMonth>;
/** Path parameters `{month}`. */
export const MonthParams = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "expected YYYY-MM")
    .describe("YYYY-MM"),
});

/** One step of one photo. */
export const PhotoStep = z
  .object({
    step: z.enum(STEPS),
    status: z.enum(["pending", "running", "done", "failed", "skipped"]),
    modelId: z.string().nullable(),
    attempts: z.number().int(),
    reason: z.string().nullable().describe("Why it failed or was skipped"),
    durationMs: z.number().nullable(),
  })
  .meta({ id: "PhotoStep" });
export type PhotoStep = z.infer<typeof PhotoStep>;

/** Everything known of one photo. */
export const PhotoDetails = PhotoSummary.extend({
  path: z.string(),
  byteSize: z.number().int(),
  format: z.enum(IMAGE_FORMATS).nullable(),
  failureReason: z.string().nullable(),
  isFavourite: z.boolean(),
  importedAt: z.string().describe("ISO 8601, UTC"),
  modifiedAt: z.string(),
  metadata: z.object({
    takenAtSource: z
      .string()
      .nullable()
      .describe("Where the date comes from; `file` means the file's own date"),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    altitude: z.number().nullable(),
    cameraMake: z.string().nullable(),
    cameraModel: z.string().nullable(),
    lensModel: z.string().nullable(),
    fNumber: z.number().nullable(),
    exposureTime: z.number().nullable().describe("Seconds"),
    iso: z.number().nullable(),
    focalLength: z.number().nullable().describe("Millimetres"),
    rating: z.number().nullable(),
    title: z.string().nullable(),
    description: z.string().nullable(),
  }),
  pixelQuality: z
    .object({
      sharpness: z.number().describe("0 (blurred all over) to 1 (sharp somewhere)"),
      meanLuminance: z.number().describe("0 (black) to 1 (white)"),
      clippedShadows: z.number().describe("Share of the pixels that are black"),
      clippedHighlights: z.number().describe("Share of the pixels that are white"),
    })
    .nullable()
    .describe("Blur and exposure; null until measured"),
  tags: z.array(z.object({ name: z.string(), score: z.number(), source: z.string() })),
  objects: z.array(
    z.object({ id: z.number().int(), label: z.string(), score: z.number(), box: NormalizedBox }),
  ),
  faces: z.array(
    z.object({
      id: z.number().int(),
      score: z.number(),
      quality: z.number(),
      sharpness: z.number().nullable().describe("0 (blurred) to 1 (sharp)"),
      pose: z
        .object({ yawDegrees: z.number(), pitchDegrees: z.number(), rollDegrees: z.number() })
        .nullable()
        .describe("All zero for a face that looks straight into the camera"),
      box: NormalizedBox,
    }),
  ),
  faceRegions: z.array(z.object({ name: z.string().nullable(), box: NormalizedBox })),
  textLines: z.array(
    z.object({
      id: z.number().int(),
      text: z.string(),
      score: z.number(),
      quad: z.array(z.number()).length(8).describe("Corners x1,y1,…,x4,y4, fractions of the photo"),
    }),
  ),
  fingerprints: z.object({
    imohash: z.string().nullable(),
    pdq: z.string().nullable(),
    pdqQuality: z.number().nullable(),
  }),
  duplicateGroupId: z.number().int().nullable().describe("The group of duplicates that it is in"),
  isDuplicatePrimary: z.boolean().describe("The others of that group are measured against it"),
  duplicateScore: z.number().nullable().describe("0–1: how surely it belongs to that group"),
  duplicateOf: z
    .number()
    .int()
    .nullable()
    .describe("The copy that was kept in its place; such a photo is out of sight"),
  steps: z.array(PhotoStep),
}).meta({ id: "PhotoDetails" });
export type PhotoDetails = z.infer<typeof PhotoDetails>;

/** Body of `POST /photos/{id}/reprocess`. */
export const ReprocessRequest = z
  .object({ steps: z.array(z.enum(STEPS)).min(1).optional().describe("Only these steps (default: all)") })
  .nullish()
  .transform((body) => body ?? {});
