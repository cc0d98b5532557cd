import { Readable } from "node:stream";
import { Download, DownloadParams, DownloadRequest } from "../../api/downloads.ts";
import type { Downloads } from "../../engine/downloads.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";

const tags = ["photos"];

/** Missing originals told beforehand; all are named in the archive. */
const LISTED_MISSING = 100;

/** Originals of many photos as one archive. */
export function addDownloadRoutes(server: ApiServer, downloads: Downloads): void {
  server.post(
    "/downloads",
    {
      schema: {
        tags,
        summary: "Choose photos whose originals are to be downloaded as one archive",
        description:
          "Tells how large it will be and which originals are not there. What is chosen is kept for an hour, until the server ends.",
        body: DownloadRequest,
        response: { 201: Download },
      },
    },
    async ({ body }, reply) => {
      const { missing, expiresAt, ...download } = await downloads.prepare(body.photoIds);
      return reply.code(201).send({
        ...download,
        missingCount: missing.length,
        missing: missing
          .slice(0, LISTED_MISSING)
          .map(({ fileName, ...one }) => ({ ...one, fileName: fileName ?? null })),
        expiresAt: expiresAt.toISOString(),
      });
    },
  );

  server.get(
    "/downloads/:id",
    {
      schema: {
        tags,
        summary: "The originals as a ZIP archive",
        description:
          "The files as they are, not compressed again, with names that are different. Originals that are gone by now are named in a text file in it.",
        params: DownloadParams,
        response: { 200: contentOf("The archive, as it is being written", "application/zip") },
      },
    },
    async (request, reply) => {
      const { fileName, byteSize, content } = await downloads.open(request.params.id);
      reply
        .type("application/zip")
        .header("content-disposition", `attachment; filename="${fileName}"`)
        .header("content-length", byteSize)
        .header("cache-control", "no-store");
      if (request.method !== "HEAD") return reply.send(content);
      // Fastify answers HEAD by reading what GET would have sent to its end.
      content.destroy();
      return reply.send(Readable.from([], { objectMode: false }));
    },
  );
}
