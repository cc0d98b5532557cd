import { z } from "zod";

/** The form of exports that this program writes, and the newest that it reads. */
export const MADE_VERSION = 1;

/** A photo wherever it lies: told by its content, and among equal copies by the path that it had. */
const PhotoRef = z.object({
  imohash: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable()
    .describe("Hash of samples of the file's content; null when it was never read"),
  byteSize: z.number().int(),
  path: z.string().describe("Where it was, absolute"),
});

const MadeFace = z.object({
  box: z
    .object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
    .describe("Fractions of the upright photo"),
  person: z.string().nullable().describe("Name of the person whom a human confirmed"),
  state: z
    .enum(["confirmed", "ignored", "removed"])
    .describe("confirmed: this person; ignored: a stranger; removed: no face at all"),
});

export const MadePhoto = PhotoRef.extend({
  rating: z
    .number()
    .int()
    .nullable()
    .optional()
    .describe("Stars that a human gave; absent: nothing was said"),
  isFavourite: z.boolean().optional(),
  title: z.string().nullable().optional(),
  description: z.string().nullable().optional(),
  isHidden: z.literal(true).optional(),
  addTags: z.array(z.string()).default([]).describe("Tags that a human put on"),
  removeTags: z.array(z.string()).default([]).describe("Tags that a human took off"),
  faces: z.array(MadeFace).default([]),
});

/**
 * Everything that a user made in a library, version 1: see docs/export.md. Only what a human said is in it; what models and
 * files say comes again by itself. Fields that a reader does not know are left alone.
 */
export const MadeDocument = z.object({
  format: z.literal("keepsight-made"),
  version: z.number().int().min(1),
  exportedAt: z.iso.datetime(),
  persons: z
    .array(
      z.object({
        name: z.string(),
        birthDate: z.string().nullable(),
        isHidden: z.boolean(),
        isFavourite: z.boolean(),
      }),
    )
    .default([]),
  photos: z.array(MadePhoto).default([]),
  albums: z
    .array(
      z.object({
        id: z.uuid(),
        title: z.string(),
        description: z.string().nullable(),
        cover: PhotoRef.nullable(),
        photos: z.array(PhotoRef),
      }),
    )
    .default([])
    .describe("Albums made by hand"),
  categories: z
    .array(z.object({ name: z.string(), description: z.string().nullable(), tags: z.array(z.string()) }))
    .default([]),
  savedSearches: z.array(z.object({ name: z.string(), query: z.string() })).default([]),
  decisions: z
    .array(
      z.object({
        id: z.number().int(),
        kind: z.string(),
        actor: z.string(),
        decidedAt: z.string(),
        payload: z.unknown(),
        undoes: z.number().int().nullable(),
      }),
    )
    .default([])
    .describe(
      "The whole history, for the record: ids in it are those of the exporting library, and it is not imported",
    ),
});
export type MadeDocument = z.infer<typeof MadeDocument>;
export type MadePhoto = z.infer<typeof MadePhoto>;
export type PhotoRef = z.infer<typeof PhotoRef>;
