import { z } from "zod";
import { MadeDocument } from "../core/made-document.ts";

/** Everything that a user made in a library: see docs/export.md. */
export const MadeExport = MadeDocument.meta({ id: "MadeExport" });

/** What an import did; importing the same again does nothing. */
export const MadeImported = z
  .object({
    decisions: z.number().int().describe("Decisions that it took, each of which can be undone"),
    photosChanged: z.number().int(),
    facesNamed: z.number().int(),
    facesRejected: z.number().int().describe("Faces of which it is known now who they are not"),
    personsChanged: z.number().int(),
    albumsChanged: z.number().int(),
    categoriesChanged: z.number().int(),
    searchesAdded: z.number().int().describe("Those of a name that is in use are called `name (2)`"),
    conceptsChanged: z.number().int(),
    duplicatesSettled: z.number().int().describe("Groups of copies settled, and photos told apart"),
    foldersRemoved: z.number().int(),
    photosNotFound: z.array(z.string()).describe("Photos of the export that are not in this library"),
    problems: z.array(z.string()).describe("What could not be taken over, and why"),
  })
  .meta({ id: "MadeImported" });
export type MadeImported = z.infer<typeof MadeImported>;
