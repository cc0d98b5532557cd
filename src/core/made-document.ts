import { z } from "zod";
import { ALBUM_SPACES } from "./album-space.ts";
import { CONCEPT_KINDS } from "./concept-decision.ts";

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
    .enum(["confirmed", "ignored", "removed", "open"])
    .describe(
      "confirmed: this person; ignored: a stranger; removed: no face at all; open: only who it is not",
    ),
  notPersons: z.array(z.string()).default([]).describe("Names of persons who a human said it is not"),
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

/** What a human taught by examples. */
const MadeConcept = z.object({
  kind: z.enum(CONCEPT_KINDS).describe("named: a thing with a name; query: what the words of a query mean"),
  name: z.string(),
  examples: z.array(PhotoRef),
  counterexamples: z.array(PhotoRef),
});

const MadeDuplicates = z.object({
  resolved: z
    .array(z.object({ keeper: PhotoRef, losers: z.array(PhotoRef) }))
    .default([])
    .describe("Copies that were put out of sight, and the one that stayed"),
  apart: z
    .array(z.array(z.array(PhotoRef)))
    .default([])
    .describe("Photos of different parts are no duplicates of each other, and nobody is asked again"),
});

/** What a human said of an auto-album: told by what is in it, since each library makes its own. */
const MadeAutoAlbum = z.object({
  id: z.uuid(),
  space: z.enum(ALBUM_SPACES),
  title: z.string().optional().describe("Absent: nothing was said"),
  description: z.string().nullable().optional(),
  cover: PhotoRef.optional(),
  isDeleted: z.literal(true).optional(),
  added: z.array(PhotoRef).default([]).describe("Photos that a human put in"),
  keptOut: z.array(PhotoRef).default([]).describe("Photos that a human took out"),
  photos: z.array(PhotoRef).describe("Its most typical photos, by which it is found again"),
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
  distinctPersons: z
    .array(z.tuple([z.string(), z.string()]))
    .default([])
    .describe("Names of persons who look alike and are two"),
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
    .array(
      z.object({
        name: z.string(),
        formerNames: z.array(z.string()).default([]),
        description: z.string().nullable(),
        tags: z.array(z.string()),
      }),
    )
    .default([]),
  removedCategories: z.array(z.string()).default([]).describe("Names of categories that were deleted"),
  concepts: z.array(MadeConcept).default([]),
  duplicates: MadeDuplicates.default({ resolved: [], apart: [] }),
  autoAlbums: z.array(MadeAutoAlbum).default([]).describe("What was said of albums that algorithms made"),
  removedFolders: z
    .array(z.string())
    .default([])
    .describe("Folders that were removed from the library, absolute"),
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
