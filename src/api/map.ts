import { z } from "zod";
import { PhotoFilterQuery } from "./photos.ts";

const Longitude = z.coerce.number().min(-180).max(180);
const Latitude = z.coerce.number().min(-90).max(90);

/** Query of `GET /map`: a part of the world, how near it is looked at, and filters. */
export const MapQuery = PhotoFilterQuery.extend({
  west: Longitude.default(-180).describe("Degrees; greater than `east` where it reaches over the date line"),
  south: Latitude.default(-90).describe("Southern edge, degrees"),
  east: Longitude.default(180).describe("Eastern edge, degrees"),
  north: Latitude.default(90).describe("Northern edge, degrees"),
  zoom: z.coerce
    .number()
    .int()
    .min(0)
    .max(20)
    .default(2)
    .describe("Photos within 90 / 2^zoom degrees are put together"),
}).refine(({ south, north }) => south <= north, {
  path: ["north"],
  message: "expected north to be at or above south",
});

/** Photos on a map, near ones put together. */
export const MapCells = z
  .object({
    cells: z
      .array(
        z.object({
          latitude: z.number().describe("Degrees; mean of the photos"),
          longitude: z.number(),
          count: z.number().int(),
          photoId: z.number().int().describe("One of them, to be shown for all"),
          version: z.number().int().describe("Of that photo, for its thumbnail's address"),
        }),
      )
      .describe("The fullest first, 2,000 at most"),
  })
  .meta({ id: "MapCells" });
export type MapCells = z.infer<typeof MapCells>;
