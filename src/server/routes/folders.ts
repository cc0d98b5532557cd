import { IdParams, JobAccepted, PageQuery } from "../../api/common.ts";
import { Folder, FolderListQuery, FolderPage, PhotosRemoved, RemovedPhotoPage } from "../../api/folders.ts";
import type { FolderTending, TendedFolder } from "../../engine/import/tend-folders.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoSummary } from "../present.ts";

const tags = ["folders"];

export interface FolderRoutesOptions {
  readonly tending: FolderTending;
  readonly library: PhotoLibrary;
}

/** The folders of the library, and what was removed from it; originals are never touched. */
export function addFolderRoutes(server: ApiServer, { tending, library }: FolderRoutesOptions): void {
  server.get(
    "/folders",
    {
      schema: {
        tags,
        summary: "Folders of the library",
        querystring: FolderListQuery,
        response: { 200: FolderPage },
      },
    },
    async ({ query: { page, pageSize } }) => {
      const folders = await tending.list();
      const items = folders.slice((page - 1) * pageSize, page * pageSize).map(toFolder);
      return { items, total: folders.length, page, pageSize };
    },
  );

  server.get(
    "/folders/:id",
    { schema: { tags, summary: "One folder", params: IdParams, response: { 200: Folder } } },
    async ({ params }) => toFolder(await tending.get(params.id)),
  );

  server.delete(
    "/folders/:id",
    {
      schema: {
        tags,
        summary: "Remove a folder and its photos from the library (its files stay)",
        description:
          "What is known of its photos is kept: undoing the decision brings them back as they were.",
        params: IdParams,
        response: { 200: PhotosRemoved },
      },
    },
    async ({ params }) => {
      const { decision, photosChanged } = await tending.remove(params.id, USER);
      return { decisionId: decision.id, photosChanged };
    },
  );

  server.post(
    "/folders/:id/pause",
    {
      schema: {
        tags,
        summary: "Let a folder rest: no scans, no watching; its photos stay",
        params: IdParams,
        response: { 200: Folder },
      },
    },
    async ({ params }) => toFolder(await tending.pause(params.id)),
  );

  for (const [action, summary] of [
    ["resume", "Go on with a folder that rests, and scan it"],
    ["scan", "Look for changes in a folder now"],
  ] as const) {
    server.post(
      `/folders/:id/${action}`,
      { schema: { tags, summary, params: IdParams, response: { 202: JobAccepted } } },
      async ({ params }, reply) => reply.code(202).send({ jobId: await tending[action](params.id) }),
    );
  }

  server.get(
    "/photos/removed",
    {
      schema: {
        tags: ["photos"],
        summary: "Photos that were removed from the library, the latest first",
        querystring: PageQuery,
        response: { 200: RemovedPhotoPage },
      },
    },
    async ({ query: { page, pageSize } }) => {
      const { items, total } = await library.listHidden({ limit: pageSize, offset: (page - 1) * pageSize });
      return {
        items: items.map((photo) => ({
          ...toPhotoSummary(photo),
          removedAt: new Date(photo.hiddenAt ?? 0).toISOString(),
          decisionId: photo.hiddenBy ?? null,
        })),
        total,
        page,
        pageSize,
      };
    },
  );
}

function toFolder({ id, path, state, photos, pausedAt, problems }: TendedFolder) {
  return {
    id,
    path,
    state,
    photos,
    pausedAt: pausedAt === undefined ? null : new Date(pausedAt).toISOString(),
    problems: problems.map(({ path: where, reason }) => ({ path: where, reason })),
  };
}
