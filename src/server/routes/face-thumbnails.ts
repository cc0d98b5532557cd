import { IdParams } from "../../api/common.ts";
import type { FaceThumbnails } from "../../engine/face-thumbnails.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";
import { sendFile } from "../send-file.ts";

/** Asked again each time: a face keeps its id when the detector frames it differently. */
const REVALIDATE = "private, no-cache";

/** Pictures of faces. */
export function addFaceThumbnailRoutes(server: ApiServer, faceThumbnails: FaceThumbnails): void {
  server.get(
    "/faces/:id/thumbnail",
    {
      schema: {
        tags: ["faces"],
        summary: "A face, square, its eyes level, JPEG",
        params: IdParams,
        response: { 200: contentOf("The picture; ranges and conditional requests work", "image/jpeg") },
      },
    },
    async (request, reply) => {
      const { path } = await faceThumbnails.locate(request.params.id);
      return sendFile(request, reply, {
        path,
        type: "image/jpeg",
        cacheControl: REVALIDATE,
        missing: `The thumbnail of face ${request.params.id} is gone; ask again.`,
      });
    },
  );
}
