import { z } from "zod";

const Path = z.string().min(1).max(4096);

/** The machine that runs Keepsight, and what it sees with. */
export const Machine = z
  .object({
    processor: z.string(),
    cores: z.number().int(),
    memoryBytes: z.number(),
    freeDiskBytes: z.number().describe("Room for the library's own data"),
    analysers: z.number().int().describe("Photos that are analysed at once"),
    steps: z.array(
      z.object({
        step: z.string(),
        isAvailable: z.boolean(),
        modelIds: z.array(z.string()),
        reason: z.string().nullable(),
      }),
    ),
    offers: z
      .array(
        z.object({
          set: z.string(),
          byteSize: z.number().describe("Bytes to download"),
          needsConsent: z.boolean().describe("Some of its licences restrict use"),
          models: z.array(
            z.object({
              id: z.string(),
              task: z.string(),
              byteSize: z.number(),
              licence: z.string(),
              isRestricted: z.boolean(),
              effect: z.enum(["adds", "replaces", "unused"]),
              inUse: z.string().nullable(),
            }),
          ),
        }),
      )
      .describe("What the download of each set of models would bring"),
  })
  .meta({ id: "Machine" });
export type Machine = z.infer<typeof Machine>;

/** How fast the machine analyses photos. */
export const MachineSpeed = z
  .object({
    photosPerSecond: z
      .number()
      .nullable()
      .describe("Measured on some photos of the folder; null where there are none, and during an import"),
  })
  .meta({ id: "MachineSpeed" });
export type MachineSpeed = z.infer<typeof MachineSpeed>;

/** Query of `GET /machine/folders`. */
export const BrowseQuery = z.object({
  path: Path.optional().describe("The whole path of a folder (default: the home of who runs the server)"),
});
/** A folder on the server's machine. */
export const BrowsedFolder = z
  .object({
    path: z.string(),
    parent: z.string().nullable(),
    folders: z
      .array(z.object({ name: z.string(), path: z.string() }))
      .describe("By name, the first 500; hidden ones are left out"),
    photos: z.number().int().describe("Photo files directly in it"),
  })
  .meta({ id: "BrowsedFolder" });
export type BrowsedFolder = z.infer<typeof BrowsedFolder>;

/** Query of `GET /machine/photos` and `GET /machine/speed`. */
export const PhotosInQuery = z.object({ path: Path.describe("The whole path of a folder") });
/** Photo files in a folder and below it. */
export const CountedPhotos = z
  .object({
    photos: z.number().int(),
    byteSize: z.number(),
    isWhole: z.boolean().describe("False when there were more than a few seconds were enough for"),
  })
  .meta({ id: "CountedPhotos" });
export type CountedPhotos = z.infer<typeof CountedPhotos>;
