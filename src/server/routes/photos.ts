import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { IdParams, JobAccepted } from "../../api/common.ts";
import { PhotosRemoved } from "../../api/folders.ts";
import {
  MonthParams,
  PhotoDetails,
  PhotoFilterQuery,
  PhotoListQuery,
  PhotoPage,
  ReprocessRequest,
  Timeline,
  TimelineMonth,
  TimelineMonthQuery,
  TimelineShapes,
  TimelineShapesQuery,
} from "../../api/photos.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import { USER } from "../actor.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";
import { toPhotoDetails, toPhotoSummary } from "../present.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";
import { sendFile } from "../send-file.ts";

/** A derivative's address carries the version of the content, so what it gives never changes. */
const IMMUTABLE = "private, max-age=31536000, immutable";
const REVALIDATE = "private, no-cache";

const ORIGINAL_TYPES: Readonly<Record<string, string>> = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  avif: "image/avif",
  gif: "image/gif",
  tiff: "image/tiff",
  heic: "image/heic",
};

const DerivativeQuery = z.object({
  v: z.coerce.number().int().optional().describe("The photo's version, for caching"),
});

type Photo = Awaited<ReturnType<PhotoLibrary["get"]>>;

/** Photos: lists, the timeline, one photo with everything known of it, and its files. */
export function addPhotoRoutes(server: ApiServer, library: PhotoLibrary): void {
  server.get(
    "/photos",
    {
      schema: {
        tags: ["photos"],
        summary: "List photos",
        querystring: PhotoListQuery,
        response: { 200: PhotoPage },
      },
    },
    async ({ query }) => {
      const { page, pageSize, sort } = query;
      const options = { sort, limit: pageSize, offset: (page - 1) * pageSize };
      const { items, total } = await library.list(toPhotoFilter(query), options);
      return { items: items.map(toPhotoSummary), total, page, pageSize };
    },
  );

  server.get(
    "/timeline",
    {
      schema: {
        tags: ["photos"],
        summary: "Photos per month",
        querystring: PhotoFilterQuery,
        response: { 200: Timeline },
      },
    },
    async ({ query }) => {
      const months = await library.listMonths(toPhotoFilter(query));
      return { total: months.reduce((sum, { count }) => sum + count, 0), months };
    },
  );

  server.get(
    "/timeline/shapes",
    {
      schema: {
        tags: ["photos"],
        summary: "Shapes of all photos by day",
        description:
          "What a page needs to lay out the whole timeline before it has fetched any photo: about 1.2 MB for a million.",
        querystring: TimelineShapesQuery,
        response: { 200: TimelineShapes },
      },
    },
    async ({ query }) =>
      toTimelineShapes(await library.dayShapes(toPhotoFilter(query), query.days), query.days),
  );

  server.get(
    "/timeline/:month",
    {
      schema: {
        tags: ["photos"],
        summary: "The photos of a month, all or some of them",
        params: MonthParams,
        querystring: TimelineMonthQuery,
        response: { 200: TimelineMonth },
      },
    },
    async ({ params, query }, reply) => {
      const { offset, limit } = query;
      if (limit !== undefined) {
        const photos = await library.listMonthSlice(params.month, toPhotoFilter(query), { offset, limit });
        return { month: params.month, photos: photos.map(toPhotoSummary) };
      }
      const pages = library.listMonth(params.month, toPhotoFilter(query));
      // What is wrong with the filter is found out before the answer begins.
      const first = await pages.next();
      return sendPieces(reply, writeMonth(params.month, first.done === true ? [] : first.value, pages));
    },
  );

  server.get(
    "/photos/:id",
    {
      schema: {
        tags: ["photos"],
        summary: "Everything known of a photo",
        params: IdParams,
        response: { 200: PhotoDetails },
      },
    },
    async ({ params }) => toPhotoDetails(await library.getDetails(params.id)),
  );

  server.delete(
    "/photos/:id",
    {
      schema: {
        tags: ["photos"],
        summary: "Remove a photo from the library (its file stays)",
        params: IdParams,
        description: "Undoing the decision brings it back as it was.",
        response: { 200: PhotosRemoved },
      },
    },
    async ({ params }) => ({ decisionId: await library.hide(params.id, USER), photosChanged: 1 }),
  );

  server.post(
    "/photos/:id/reprocess",
    {
      schema: {
        tags: ["photos"],
        summary: "Analyse a photo again",
        params: IdParams,
        body: ReprocessRequest,
        response: { 202: JobAccepted },
      },
    },
    async ({ params, body }, reply) => {
      const jobId = await library.reprocess(params.id, body.steps);
      return reply.code(202).send({ jobId });
    },
  );

  for (const kind of ["thumbnail", "preview"] as const) {
    server.get(
      `/photos/:id/${kind}`,
      {
        schema: {
          tags: ["photos"],
          summary: `The photo's ${kind}, JPEG`,
          ...(kind === "thumbnail" && { description: "Also of photos that `GET /photos/removed` lists." }),
          params: IdParams,
          querystring: DerivativeQuery,
          response: { 200: contentOf("The picture; ranges and conditional requests work", "image/jpeg") },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const photo = await (kind === "thumbnail" ? library.getRemovedToo(id) : library.get(id));
        const isCurrent = request.query.v === photo.contentVersion;
        return sendFile(request, reply, {
          path: library.pathOfDerivative(photo, kind),
          type: "image/jpeg",
          cacheControl: isCurrent ? IMMUTABLE : REVALIDATE,
          missing: `The ${kind} of photo ${photo.id} has not been made (status: ${photo.status}).`,
        });
      },
    );
  }

  server.get(
    "/photos/:id/original",
    {
      schema: {
        tags: ["photos"],
        summary: "The original file, unchanged",
        params: IdParams,
        response: { 200: contentOf("The file; ranges and conditional requests work", "image/*") },
      },
    },
    async (request, reply) => {
      const photo = await library.get(request.params.id);
      reply.header("content-disposition", `inline; filename*=${toExtendedValue(photo.fileName)}`);
      // A file is whatever its owner put there: it must never run as a page of this server.
      reply.header(
        "content-security-policy",
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
      );
      return sendFile(request, reply, {
        path: photo.path,
        type: ORIGINAL_TYPES[photo.format ?? ""] ?? "application/octet-stream",
        cacheControl: REVALIDATE,
        missing: `The original of photo ${photo.id} is not at ${photo.path} at the moment.`,
      });
    },
  );
}

function toTimelineShapes(days: Awaited<ReturnType<PhotoLibrary["dayShapes"]>>, limit: number | undefined) {
  const months = new Map<string, (typeof days)[number][]>();
  let total = 0;
  for (const day of days) {
    const month = day.day.slice(0, -3);
    const known = months.get(month);
    if (known) known.push(day);
    else months.set(month, [day]);
    total += day.shapes.length;
  }
  return {
    total,
    isComplete: limit === undefined || days.length < limit,
    months: Array.from(months, ([month, ofMonth]) => ({ month, days: ofMonth })),
  };
}

/** A text as the value of a header parameter (RFC 8187, which allows fewer characters than addresses have). */
function toExtendedValue(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return `UTF-8''${encoded.replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}`;
}

/** The JSON of a month page by page, so that a month of thousands holds up nobody else. */
async function* writeMonth(
  month: string,
  first: readonly Photo[],
  others: AsyncIterable<readonly Photo[]>,
): AsyncGenerator<string> {
  const write = (photos: readonly Photo[]) =>
    photos.map((photo) => JSON.stringify(toPhotoSummary(photo))).join(",");
  yield `{"month":${JSON.stringify(month)},"photos":[${write(first)}`;
  for await (const photos of others) if (photos.length > 0) yield `,${write(photos)}`;
  yield "]}";
}

function sendPieces(reply: FastifyReply, pieces: AsyncIterable<string>): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(Readable.from(pieces));
}
