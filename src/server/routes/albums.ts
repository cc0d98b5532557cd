import { JobAccepted } from "../../api/common.ts";
import { z } from "zod";
import {
  AlbumDetails,
  AlbumListQuery,
  AlbumPage,
  AlbumParams,
  AlbumPhotosQuery,
  ChangedAlbum,
  CreateAlbumRequest,
  SpaceParams,
  SpaceStats,
  TrainSpaceRequest,
  UpdateAlbumRequest,
} from "../../api/albums.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { Albums } from "../../engine/albums/albums.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";
import { toAlbum, toSpaceStats } from "../present-albums.ts";
import { toPhotoSummary } from "../present.ts";

const tags = ["albums"];

/** Albums made by hand and albums that make themselves. */
export function addAlbumRoutes(server: ApiServer, { curating, auto, queueTraining }: Albums): void {
  server.get(
    "/albums",
    {
      schema: {
        tags,
        summary: "List albums",
        description: "Auto-albums of too few photos in sight are left out.",
        querystring: AlbumListQuery,
        response: { 200: AlbumPage },
      },
    },
    async ({ query: { page, pageSize, photo, q, ...rest } }) => {
      const options = withoutUndefined({ ...rest, photoId: photo, title: q });
      const range = { limit: pageSize, offset: (page - 1) * pageSize };
      const { items, total } = await curating.listAlbums({ sort: rest.sort, ...options, ...range });
      return { items: items.map(toAlbum), total, page, pageSize };
    },
  );

  server.get(
    "/albums/:id",
    {
      schema: {
        tags,
        summary: "An album and a page of its photos",
        params: AlbumParams,
        querystring: AlbumPhotosQuery,
        response: { 200: AlbumDetails },
      },
    },
    async ({ params: { id }, query: { page, pageSize, sort } }) => {
      const album = await curating.getAlbum(id);
      const photos = await curating.albumPhotos(id, { sort, limit: pageSize, offset: (page - 1) * pageSize });
      const items = photos.map(toPhotoSummary);
      return { ...toAlbum(album), photos: { items, total: album.photoCount, page, pageSize } };
    },
  );

  server.post(
    "/albums",
    {
      schema: {
        tags,
        summary: "Make an album",
        body: CreateAlbumRequest,
        response: { 201: ChangedAlbum },
      },
    },
    async ({ body: { title, ...parts } }, reply) => {
      const made = await curating.createAlbum(
        title,
        { photoIds: parts.photoIds, ...withoutUndefined({ description: parts.description }) },
        USER,
      );
      return reply.code(201).send({ ...toAlbum(made), decisionIds: [...made.decisionIds] });
    },
  );

  server.put(
    "/albums/:id",
    {
      schema: {
        tags,
        summary: "Change an album: its title, its cover, its photos",
        description:
          "An auto-album can be changed too: its title stays when albums are computed anew, and photos taken out stay out.",
        params: AlbumParams,
        body: UpdateAlbumRequest,
        response: { 200: ChangedAlbum },
      },
    },
    async ({ params: { id }, body }) => {
      const changed = await curating.changeAlbum(id, withoutUndefined(body), USER);
      return { ...toAlbum(changed), decisionIds: [...changed.decisionIds] };
    },
  );

  server.delete(
    "/albums/:id",
    {
      schema: {
        tags,
        summary: "Delete an album (its photos stay)",
        params: AlbumParams,
        response: { 200: z.object({ decisionId: z.number().int() }) },
      },
    },
    async ({ params: { id } }) => ({ decisionId: await curating.deleteAlbum(id, USER) }),
  );

  server.post(
    "/clusters/:space/train",
    {
      schema: {
        tags,
        summary: "Compute the auto-albums of a space anew",
        description: "Albums go on being themselves: centroids start from the photos that they have.",
        params: SpaceParams,
        body: TrainSpaceRequest,
        response: { 202: JobAccepted },
      },
    },
    async ({ params: { space }, body }, reply) => {
      return reply.code(202).send({ jobId: await queueTraining(space, withoutUndefined(body)) });
    },
  );

  server.get(
    "/clusters/:space/stats",
    {
      schema: {
        tags,
        summary: "How it stands with the auto-albums of a space",
        params: SpaceParams,
        response: { 200: SpaceStats },
      },
    },
    async ({ params: { space } }) => toSpaceStats(await auto.state(space)),
  );
}
