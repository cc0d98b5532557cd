import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { createLogger } from "../src/core/logger.ts";
import type { DuplicateKind } from "../src/core/duplicates.ts";
import type { PhotoAnalysis } from "../src/core/photo-analysis.ts";
import { createAnalysisStore } from "../src/database/analysis-store.ts";
import { openDatabase } from "../src/database/database.ts";
import { toEmbeddingBytes } from "../src/database/embedding-bytes.ts";
import { createEmbeddingStore } from "../src/database/embedding-store.ts";
import { createFingerprintStore } from "../src/database/fingerprint-store.ts";
import { createJobStore } from "../src/database/jobs/job-store.ts";
import { createPhotoStore } from "../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../src/database/sqlite/sqlite-text-index.ts";
import { createMemoryVectorIndex } from "../src/database/vector-index/memory-vector-index.ts";
import { createDuplicates } from "../src/engine/duplicates/duplicates.ts";
import { SCAN_DUPLICATES_JOB } from "../src/engine/duplicates/scan-job.ts";
import { createPhotoVectors } from "../src/engine/search/photo-vectors.ts";
import { DEFAULT_DECODE_LIMITS } from "../src/image/decode-limits.ts";
import type { Picture } from "./read-picture.ts";

/** The model that made the embeddings of these libraries: none. */
const MODEL_ID = "synthetic";

/** A photo as an import would leave it behind. */
export interface ImportedPhoto {
  /** What makes its file the same as another one. */
  readonly content: Uint8Array | string;
  readonly picture?: Picture;
  readonly embedding?: Float32Array;
  /** Epoch milliseconds of the camera's clock. */
  readonly takenAtMs?: number;
}

/** A group as it was found. */
export interface FoundGroup {
  readonly kind: DuplicateKind;
  readonly primaryId: number;
  readonly members: readonly { readonly photoId: number; readonly kind: DuplicateKind }[];
}

/**
 * A library with a real database in which photos are compared as they are in production, their analysis being given. Photos get
 * the ids after `lastId`.
 */
export async function openDuplicateLibrary(lastId = 0) {
  const directory = mkdtempSync(join(tmpdir(), "keepsight-duplicates-"));
  const database = await openDatabase({ directory });
  const textIndex = createSqliteTextIndex({ database });
  const vectors = createPhotoVectors({
    embeddings: createEmbeddingStore({ database }),
    createIndex: (modelId, dimensions) => createMemoryVectorIndex({ modelId, dimensions, precision: "f32" }),
  });
  const thumbnailPath = (id: number, version = 1) => join(directory, `${id}-${version}.png`);
  const photos = createPhotoStore({ database, textIndex });
  const duplicates = await createDuplicates({
    database,
    photos,
    analyses: createAnalysisStore({ database, textIndex }),
    fingerprints: createFingerprintStore({ database }),
    jobs: createJobStore({ database }),
    textIndex,
    vectors,
    loadVectors: () => vectors.load(MODEL_ID),
    thumbnailPath: ({ id, contentVersion }) => thumbnailPath(id, contentVersion),
    limits: DEFAULT_DECODE_LIMITS,
    trashDirectory: join(directory, "trash"),
    notify: () => undefined,
    onChanged: () => undefined,
    logger: createLogger("silent"),
  });
  let count = lastId;

  async function insert({ content, takenAtMs, picture, embedding }: ImportedPhoto): Promise<number> {
    const digest = createHash("sha256").update(content).digest("hex");
    const id = ++count;
    const path = join(directory, `${id}.original`);
    writeFileSync(path, digest);
    const imohash = digest.slice(0, 32);
    await database.writes
      .insertInto("photos")
      .values({
        id,
        path,
        fileName: `${id}.jpg`,
        byteSize: content.length,
        modifiedAtMs: 0,
        imohash,
        status: "completed",
        takenAtMs: takenAtMs ?? id,
        takenDay: 0,
        takenAtSource: takenAtMs === undefined ? "file" : "metadata",
        importedAt: 0,
        ...(takenAtMs === undefined ? {} : { cameraModel: "Camera" }),
      })
      .execute();
    const { pdq, pdqQuality } = picture ?? {};
    await database.writes
      .insertInto("fingerprints")
      .values({
        photoId: id,
        imohash,
        ...(pdq === undefined ? {} : { pdq: Buffer.from(pdq, "hex") }),
        ...(pdqQuality === undefined ? {} : { pdqQuality }),
      })
      .execute();
    if (embedding !== undefined) {
      await database.writes
        .insertInto("embeddings")
        .values({
          ownerKind: "photo",
          ownerId: id,
          photoId: id,
          modelId: MODEL_ID,
          dimensions: embedding.length,
          embedding: toEmbeddingBytes(embedding),
        })
        .execute();
    }
    return id;
  }

  return {
    database,
    duplicates,
    /** Gives a photo other content, as when its file was edited and analysed again. */
    async replace(id: number, { content, picture }: Required<Pick<ImportedPhoto, "content" | "picture">>) {
      const digest = createHash("sha256").update(content).digest("hex");
      writeFileSync(join(directory, `${id}.original`), digest);
      const imohash = digest.slice(0, 32);
      const { data, width, height } = picture.image;
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(thumbnailPath(id, 2));
      const pdq = Buffer.from(picture.pdq!, "hex");
      await database.writes
        .updateTable("photos")
        .set({ imohash, byteSize: content.length, contentVersion: 2 })
        .where("id", "=", id)
        .execute();
      await database.writes
        .updateTable("fingerprints")
        .set({ imohash, pdq, pdqQuality: picture.pdqQuality! })
        .where("photoId", "=", id)
        .execute();
    },
    /** Photos that are hidden. */
    async outOfSight(): Promise<{ readonly rows: readonly number[] }> {
      const rows = await database.reads
        .selectFrom("photos")
        .select("id")
        .where("hiddenAt", "is not", null)
        .execute();
      return { rows: rows.map(({ id }) => id) };
    },
    /** Takes a photo in and gives its id; nothing is compared yet. */
    async add(photo: ImportedPhoto): Promise<number> {
      const id = await insert(photo);
      if (photo.picture === undefined) return id;
      const { image } = photo.picture;
      const raw = { width: image.width, height: image.height, channels: 3 as const };
      await sharp(image.data, { raw }).png({ compressionLevel: 1 }).toFile(thumbnailPath(id));
      return id;
    },
    /** Compares one photo, as when its analysis was stored. */
    async check(id: number): Promise<void> {
      const photo = (await photos.get(id))!;
      await duplicates.onStored(photo, { steps: {} } as PhotoAnalysis);
    },
    /** Compares what has not been compared yet, as the job does. */
    async scan(): Promise<void> {
      const now = Date.now();
      await duplicates.handlers[SCAN_DUPLICATES_JOB]!.run(
        { payload: {}, createdAt: now } as Parameters<(typeof duplicates.handlers)[string]["run"]>[0],
        { signal: new AbortController().signal, setProgress: async () => undefined },
      );
    },
    async groups(): Promise<readonly FoundGroup[]> {
      const groups = await database.reads.selectFrom("duplicateGroups").selectAll().execute();
      const members = await database.reads.selectFrom("duplicateMembers").selectAll().execute();
      const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
      return groups.map(({ id, kind, primaryPhotoId: primaryId }) => ({
        kind,
        primaryId,
        members: byGroup.get(id) ?? [],
      }));
    },
    async close(): Promise<void> {
      await duplicates.close();
      await vectors.close();
      await database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
export type DuplicateLibrary = Awaited<ReturnType<typeof openDuplicateLibrary>>;
