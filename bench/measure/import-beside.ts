import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPool } from "../../src/app/analysers.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/core/logger.ts";
import type { PhotoAnalysis } from "../../src/core/photo-analysis.ts";
import { ANALYSER_STEPS } from "../../src/engine/analyser/analyser-steps.ts";
import { writeLargePhotos } from "./large-photos.ts";
import { SEEDED, tagName, textWord } from "./seed-search.ts";

/** Different photos; each is imported again and again under another name. */
const LARGE_PHOTOS = 6;

/** What becomes of an analysed photo. */
export type StorePhoto = (path: string, analysis: PhotoAnalysis) => Promise<void>;

/** Photos that come into a library while something else is measured. */
export interface ImportBeside {
  readonly description: string;
  /** How many have been stored. */
  stored(): number;
  end(): Promise<void>;
}

/**
 * Imports photos of 12 megapixels as a server does: with as many analyser processes as it would choose on this machine, at the
 * priority that it gives them, with the models of `modelDirectory`. Settles once each analyser has stored a photo.
 */
export async function beginImport(modelDirectory: string, store: StorePhoto): Promise<ImportBeside> {
  const folder = await mkdtemp(join(tmpdir(), "keepsight-bench-import-"));
  const { paths, description } = await writeLargePhotos(join(folder, "photos"), LARGE_PHOTOS);
  const config = readConfig({
    KEEPSIGHT_DATA_DIR: join(folder, "data"),
    KEEPSIGHT_MODELS_DIR: modelDirectory,
    KEEPSIGHT_OFFLINE: "true",
  });
  const pool = await openPool(config, createLogger("silent"));
  let isEnding = false;
  let begun = 0;
  let stored = 0;
  const warm = Promise.withResolvers<void>();

  async function importPhotos(): Promise<void> {
    while (!isEnding) {
      const n = begun++;
      const derived = join(folder, "derived", String(n % pool.size));
      await mkdir(derived, { recursive: true });
      const derivatives = {
        thumbnailPath: join(derived, "thumbnail.jpg"),
        previewPath: join(derived, "preview.jpg"),
        facePrefix: join(derived, "face-"),
      };
      const request = { type: "analyse", path: paths[n % paths.length]!, steps: ANALYSER_STEPS, derivatives };
      const { analysis } = await pool.analyse(request as Parameters<typeof pool.analyse>[0]);
      await store(`/imported/${process.pid}-${n}.jpg`, analysis);
      if (++stored === pool.size) warm.resolve();
    }
  }

  const importing = Promise.all(Array.from({ length: pool.size }, importPhotos));
  await Promise.race([warm.promise, importing]);
  return {
    description: `${pool.size} analysers with ${description}`,
    stored: () => stored,
    async end() {
      isEnding = true;
      await importing;
      await pool.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Stores analyses that nobody had to make, one after the other: more than any import. */
export function beginStoring(store: StorePhoto): ImportBeside {
  let isEnding = false;
  let stored = 0;
  const done = { status: "done", modelId: "bench", durationMs: 1 } as const;
  const normalizedBox = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 };
  const storing = (async () => {
    while (!isEnding) {
      const n = stored;
      const text = `${textWord(n % 50)} ${textWord(n % 999)}`;
      await store(`/stored/${process.pid}-${n}.jpg`, {
        format: "jpeg",
        metadata: { keywords: [tagName(n % SEEDED.tags)], faceRegions: [] },
        objects: [{ label: "label 1", score: 0.9, normalizedBox }],
        faces: [],
        tags: [{ name: tagName(n % 7), score: 0.8 }],
        textLines: [{ text, score: 1, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] }],
        steps: { preprocessing: done, objects: done, tags: done, ocr: done },
      });
      stored++;
    }
  })();
  return {
    description: "photos stored flat out",
    stored: () => stored,
    async end() {
      isEnding = true;
      await storing;
    },
  };
}
