import { MapCells, MapQuery } from "../../api/map.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import type { ApiServer } from "../api-server.ts";
import { toPhotoFilter } from "../photo-filter-query.ts";

/** Cells of one answer: more than fit on a screen. */
const LIMIT = 2000;

/** Width of a cell at zoom 0, degrees: four around the world. */
const WIDEST_CELL = 90;

/** Coordinates travel with this many decimals: about a metre. */
const DECIMALS = 1e5;
const round = (degrees: number) => Math.round(degrees * DECIMALS) / DECIMALS;

/** Photos on a map. */
export function addMapRoutes(server: ApiServer, library: PhotoLibrary): void {
  server.get(
    "/map",
    {
      schema: {
        tags: ["photos"],
        summary: "Where photos were taken, near ones put together",
        querystring: MapQuery,
        response: { 200: MapCells },
      },
    },
    async ({ query }) => {
      const { west, south, east, north, zoom, ...filter } = query;
      const stepDegrees = WIDEST_CELL / 2 ** zoom;
      const bounds = { west, south, east, north };
      const cells = await library.mapCells(toPhotoFilter(filter), bounds, { stepDegrees, limit: LIMIT });
      return {
        cells: cells.map(({ latitude, longitude, count, photoId, contentVersion }) => ({
          latitude: round(latitude),
          longitude: round(longitude),
          count,
          photoId,
          version: contentVersion,
        })),
      };
    },
  );
}
