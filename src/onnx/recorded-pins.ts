import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { z } from "zod";

const Pin = z.object({ byteSize: z.number().int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const PinFile = z.record(z.string(), z.record(z.string(), Pin));

/** Sizes and checksums by the name of the file, below its role where the graph names it. */
export type PinsByName = z.infer<typeof PinFile>[string];

/**
 * What publishers said about files of which the catalogue knows no checksum, when the user agreed to take their word:
 * from then on these files are held to it like all others.
 */
export interface RecordedPins {
  /** All of them by model id; empty where none was ever recorded, or the record cannot be read. */
  read(): Promise<Readonly<Record<string, PinsByName>>>;
  /** Adds to what is recorded of a model. Rejects with the file system's error. */
  add(modelId: string, pins: PinsByName): Promise<void>;
}

/** A record in the JSON file at `path`. */
export function createRecordedPins(path: string): RecordedPins {
  async function read(): Promise<z.infer<typeof PinFile>> {
    try {
      return PinFile.parse(JSON.parse(await readFile(path, "utf8")));
    } catch {
      return {};
    }
  }
  return {
    read,
    async add(modelId, pins) {
      const recorded = await read();
      const changed = { ...recorded, [modelId]: { ...recorded[modelId], ...pins } };
      await mkdir(dirname(path), { recursive: true });
      // Written aside and renamed, so that another process never reads half of it.
      const draft = `${path}.${randomUUID()}`;
      await writeFile(draft, JSON.stringify(changed, null, 1));
      await rename(draft, path);
    },
  };
}
