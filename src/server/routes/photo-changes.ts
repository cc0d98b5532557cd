import { IdParams } from "../../api/common.ts";
import { BulkPhotosRequest, PhotosChanged, UpdatePhotoRequest } from "../../api/photo-changes.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { Albums } from "../../engine/albums/albums.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";

const tags = ["photos"];

/** What a user says of photos: tags, stars, captions. Files are never changed. */
export function addPhotoChangeRoutes(server: ApiServer, { curating }: Albums): void {
  server.put(
    "/photos/:id",
    {
      schema: {
        tags,
        summary: "Tag a photo, give it stars, a title or a caption",
        description:
          "Stands over what its file and the models say, also when it is analysed again. The file stays as it is.",
        params: IdParams,
        body: UpdatePhotoRequest,
        response: { 200: PhotosChanged },
      },
    },
    async ({ params: { id }, body }) => curating.changePhotos([id], withoutUndefined(body), USER),
  );

  server.post(
    "/photos/bulk",
    {
      schema: {
        tags,
        summary: "Change many photos at once",
        description: "One decision: undone as one. With an unknown photo nothing is changed.",
        body: BulkPhotosRequest,
        response: { 200: PhotosChanged },
      },
    },
    async ({ body: { photoIds, hide, ...changes } }) =>
      curating.changePhotos(
        photoIds,
        { ...withoutUndefined(changes), ...(hide === true ? { isHidden: true } : {}) },
        USER,
      ),
  );
}
