import { MadeExport, MadeImported } from "../../api/made.ts";
import type { Made } from "../../engine/made/made.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";

const tags = ["export"];

/** Largest export that is taken in, bytes: some hundred thousand photos with names. */
const MAX_EXPORT_BYTES = 256 * 1024 * 1024;

/** Everything that a user made, out of the library and into it. */
export function addMadeRoutes(server: ApiServer, made: Made): void {
  server.get(
    "/export",
    {
      schema: {
        tags,
        summary: "Everything that was made in this library",
        description:
          "Names, tags, stars, captions, albums, categories, saved searches, concepts, what was said of copies, and the history of decisions. Photos are told by their content, so that it can be imported elsewhere.",
        response: { 200: MadeExport },
      },
    },
    async (_, reply) => {
      reply.header("content-disposition", 'attachment; filename="keepsight-export.json"');
      return made.exportAll();
    },
  );

  server.post(
    "/import",
    {
      bodyLimit: MAX_EXPORT_BYTES,
      schema: {
        tags,
        summary: "Take in what was made in another library",
        description:
          "What was said here beside it stays. Everything taken over is a decision that can be undone; importing twice changes nothing.",
        body: MadeExport,
        response: { 200: MadeImported },
      },
    },
    async ({ body }) => {
      const done = await made.importAll(body, USER);
      return { ...done, photosNotFound: [...done.photosNotFound], problems: [...done.problems] };
    },
  );
}
