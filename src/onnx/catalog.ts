import { z } from "zod";

import catalog from "./catalog.json" with { type: "json" };
import { Conversion } from "./convert/convert-model.ts";
import { ModelSettings, type ModelTask } from "./model-settings.ts";

/**
 * What a file is to its model: a single network is the `model`, CLIP has two towers and a vocabulary. Weights that a graph
 * keeps in files of their own are `external-data`, as many as there are; the graph finds them beside it by their names.
 */
const FileRole = z.enum([
  "model",
  "landmarks",
  "image-encoder",
  "text-encoder",
  "tokenizer",
  "characters",
  "labels",
  "thresholds",
  "external-data",
]);
export type FileRole = z.infer<typeof FileRole>;

/** The roles a task cannot do without. */
const REQUIRED_ROLES: Readonly<Record<ModelTask, readonly FileRole[]>> = {
  "object-detection": ["model"],
  "face-detection": ["model"],
  "face-recognition": ["model"],
  "text-detection": ["model"],
  // Newer exports keep the list of characters in the graph.
  "text-recognition": ["model"],
  "text-orientation": ["model"],
  clip: ["image-encoder", "text-encoder", "tokenizer"],
  "image-tagging": ["model", "labels"],
};

/** Names that a download may get, in folders that the user's own files lie in too. */
const FileName = z
  .string()
  .regex(/^[\w][\w.-]*$/, "must be a plain file name of letters, digits, dots, dashes, underscores");

const CatalogFile = z.strictObject({
  role: FileRole,
  /** Name looked for in local directories, and the name a download gets. */
  name: FileName,
  /** Absent where nobody has published it: the checksum alone tells the file. */
  byteSize: z.number().int().positive().optional(),
  /** What to expect where `byteSize` is absent; says nothing of whether a file is right. */
  approximateByteSize: z.number().int().positive().optional(),
  /**
   * Absent where nobody has published it. Such a file is taken as the user has placed it, or downloaded on the word of the
   * server that has it, once the user agrees; a set never has one.
   */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits (the output of sha256sum)")
    .optional(),
  /** The graph keeps weights in files beside it, which are found, and downloaded, by the names it gives them. */
  externalData: z.boolean().optional(),
  /** Where to download it from, tried in order; empty when it can only be had by placing it in a local directory. */
  urls: z.array(z.url({ protocol: /^https$/, error: "must be an https address" })).default([]),
  /**
   * The npm package that brings the file, and the path inside that package. With a conversion it brings another runtime's
   * model, from which the file is made when it is first needed; size and checksum are those of the file that is made.
   */
  npm: z
    .strictObject({
      package: z.string().min(1),
      path: z.string().min(1),
      conversion: Conversion.optional(),
    })
    .optional(),
});
export type CatalogFile = z.infer<typeof CatalogFile>;

/** Named selections offered for download: `open` has permissive licences only, `recommended` the best we know. */
export const ModelSet = z.enum(["open", "recommended"]);
export type ModelSet = z.infer<typeof ModelSet>;

function requiredRoles(settings: ModelSettings): readonly FileRole[] {
  if (settings.task === "clip" && settings.towers === "joined") return ["model", "tokenizer"];
  const hasLandmarkModel = settings.task === "face-detection" && settings.landmarks !== undefined;
  return [...REQUIRED_ROLES[settings.task], ...(hasLandmarkModel ? (["landmarks"] as const) : [])];
}

/** One entry of the catalogue; also the format of a `*.keepsight-model.json` that describes a user's own model. */
export const CatalogModel = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "must be lower-case letters, digits, dots and dashes"),
    title: z.string().min(1),
    licence: z.strictObject({
      name: z.string().min(1),
      url: z.url({ protocol: /^https$/, error: "must be an https address" }).optional(),
      /** Whether the weights may be used commercially and without special conditions on the software round them. */
      commercial: z.boolean(),
    }),
    sets: z.array(ModelSet).default([]),
    /** Of several installed models of a task the one with the highest preference is used; 0–100 in our catalogue. */
    preference: z.number(),
    files: z.array(CatalogFile).min(1),
    settings: ModelSettings,
  })
  .superRefine((model, context) => {
    const roles = model.files.map((file) => file.role);
    for (const role of requiredRoles(model.settings)) {
      if (!roles.includes(role)) {
        context.addIssue({
          code: "custom",
          path: ["files"],
          message: `needs a file with the role "${role}"`,
        });
      }
    }
    for (const [i, file] of model.files.entries()) {
      const isPinned = file.byteSize !== undefined && file.sha256 !== undefined;
      if (isPinned || file.npm === undefined) continue;
      context.addIssue({
        code: "custom",
        path: ["files", i],
        message: "needs its size and checksum, as it comes from a package",
      });
    }
    const singular = roles.filter((role) => role !== "external-data");
    if (new Set(singular).size < singular.length) {
      context.addIssue({ code: "custom", path: ["files"], message: "has two files of the same role" });
    }
  });
export type CatalogModel = z.infer<typeof CatalogModel>;

/** The models Keepsight knows, as described in catalog.json. Throws on a catalogue that breaks its own schema. */
export function loadCatalog(): CatalogModel[] {
  return z.array(CatalogModel).parse(catalog.models);
}
