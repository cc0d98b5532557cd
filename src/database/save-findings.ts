import type { Insertable, Transaction } from "kysely";
import { toBox } from "../core/geometry.ts";
import type {
  DetectedObject,
  Fingerprints,
  PhotoAnalysis,
  PhotoEmbedding,
  PhotoMetadata,
  PhotoTag,
  SidecarFile,
  TextLine,
} from "../core/photo-analysis.ts";
import { toEmbeddingBytes } from "./embedding-bytes.ts";
import { foldText } from "./fold-text.ts";
import { matchBoxes } from "./people/match-boxes.ts";
import { saveFaceRows } from "./people/save-face-rows.ts";
import { replaceTags } from "./save-tags.ts";
import { saveTakenIn } from "./sidecar-store.ts";
import type { EmbeddingOwner, EmbeddingsTable, PhotosTable, Schema } from "./schema.ts";
import { computeTakenAt } from "./taken-at.ts";

/**
 * Writers of what each step found. Every one replaces the rows of its step as a whole, and leaves them alone (with their
 * ids) when nothing changed, so that repeating an analysis changes nothing.
 */

/** The photo whose findings are saved. */
interface PhotoTarget {
  readonly photoId: number;
  readonly modifiedAtMs: number;
}

/** True when the stored rows, in order, hold just the values of the new ones. */
function isUnchanged(stored: readonly object[], rows: readonly object[]): boolean {
  if (stored.length !== rows.length) return false;
  return rows.every((row, i) =>
    Object.entries(row).every(([key, value]) =>
      Object.is((stored[i] as Record<string, unknown>)[key], value),
    ),
  );
}

function toMetadataColumns(metadata: PhotoMetadata | undefined): Partial<Insertable<PhotosTable>> {
  return {
    latitude: metadata?.latitude ?? null,
    longitude: metadata?.longitude ?? null,
    altitude: metadata?.altitude ?? null,
    cameraMake: metadata?.cameraMake ?? null,
    cameraModel: metadata?.cameraModel ?? null,
    lensModel: metadata?.lensModel ?? null,
    fNumber: metadata?.fNumber ?? null,
    exposureTime: metadata?.exposureTime ?? null,
    iso: metadata?.iso ?? null,
    focalLength: metadata?.focalLength ?? null,
    rating: metadata?.rating ?? null,
    title: metadata?.title ?? null,
    description: metadata?.description ?? null,
    fileRating: metadata?.rating ?? null,
    fileTitle: metadata?.title ?? null,
    fileDescription: metadata?.description ?? null,
  };
}

/** Stores what decoding and the metadata tell. */
export async function savePreprocessing(
  transaction: Transaction<Schema>,
  { photoId, modifiedAtMs }: PhotoTarget,
  { format, width, height, thumbhash, metadata, sidecar, pixelQuality }: PhotoAnalysis,
): Promise<void> {
  await transaction
    .updateTable("photos")
    .set({
      format: format ?? null,
      width: width ?? null,
      height: height ?? null,
      thumbhash: thumbhash ?? null,
      sharpness: pixelQuality?.sharpness ?? null,
      meanLuminance: pixelQuality?.meanLuminance ?? null,
      clippedShadows: pixelQuality?.clippedShadows ?? null,
      clippedHighlights: pixelQuality?.clippedHighlights ?? null,
    })
    .where("id", "=", photoId)
    .execute();
  await saveMetadata(transaction, { photoId, modifiedAtMs }, metadata, sidecar);
}

/** Stores what the metadata tell, and with which sidecar they were read. */
export async function saveMetadata(
  transaction: Transaction<Schema>,
  { photoId, modifiedAtMs }: PhotoTarget,
  metadata: PhotoMetadata | undefined,
  sidecar: SidecarFile | undefined,
): Promise<void> {
  await transaction
    .updateTable("photos")
    .set({ ...toMetadataColumns(metadata), ...computeTakenAt(metadata, modifiedAtMs) })
    .where("id", "=", photoId)
    .execute();
  const keywords = (metadata?.keywords ?? []).map((name) => ({ name, score: 1 }));
  await replaceTags(transaction, photoId, "metadata", keywords);
  await saveFaceRegions(transaction, photoId, metadata?.faceRegions ?? []);
  await saveTakenIn(transaction, photoId, sidecar);
}

async function saveFaceRegions(
  transaction: Transaction<Schema>,
  photoId: number,
  regions: PhotoMetadata["faceRegions"],
): Promise<void> {
  const rows = regions.map(({ name, normalizedBox }) => ({
    photoId,
    name: name ?? null,
    nameKey: name === undefined ? null : foldText(name),
    ...toBox(normalizedBox),
  }));
  const stored = await transaction
    .selectFrom("faceRegions")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  if (isUnchanged(stored, rows)) return;
  const former = matchBoxes(rows, stored);
  // A region of the name that it had is the face that it was, whatever its person is called by now.
  const kept = rows.map((row, i) => {
    const same = former[i] === undefined ? undefined : stored[former[i]];
    return { ...row, faceId: same?.nameKey === row.nameKey ? (same.faceId ?? null) : null };
  });
  await transaction.deleteFrom("faceRegions").where("photoId", "=", photoId).execute();
  if (kept.length > 0) await transaction.insertInto("faceRegions").values(kept).execute();
}

/** Stores the detected objects, and their labels as tags; gives their ids in the order of the objects. */
export async function saveObjects(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  objects: readonly DetectedObject[],
  modelId: string,
): Promise<readonly number[]> {
  const rows = objects.map(({ label, score, normalizedBox }) => ({
    photoId,
    label,
    score,
    ...toBox(normalizedBox),
    modelId,
  }));
  const stored = await transaction
    .selectFrom("objects")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  if (isUnchanged(stored, rows)) return stored.map(({ id }) => id);
  if (stored.length > 0) {
    await deleteEmbeddings(transaction, photoId, "object");
    await transaction.deleteFrom("objects").where("photoId", "=", photoId).execute();
  }
  await replaceTags(
    transaction,
    photoId,
    "object",
    objects.map(({ label, score }) => ({ name: label, score })),
  );
  if (rows.length === 0) return [];
  const inserted = await transaction.insertInto("objects").values(rows).returning("id").execute();
  // SQLite promises no order for returned rows; ids go up in the order of insertion.
  return inserted.map(({ id }) => id).toSorted((a, b) => a - b);
}

/** Makes these the objects' embeddings of one model; those of other models stay beside them. */
export async function saveObjectEmbeddings(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  objects: readonly (DetectedObject & { readonly id: number })[],
  modelId: string,
): Promise<void> {
  await transaction
    .deleteFrom("embeddings")
    .where("photoId", "=", photoId)
    .where("ownerKind", "=", "object")
    .where("modelId", "=", modelId)
    .execute();
  const rows = objects.flatMap(({ id, embedding }) =>
    embedding === undefined ? [] : [toEmbeddingRow(photoId, "object", id, { modelId, embedding })],
  );
  await upsertEmbeddings(transaction, rows);
}

/** Stores what a model says the photo shows. */
export async function saveModelTags(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  tags: readonly PhotoTag[],
): Promise<void> {
  await replaceTags(transaction, photoId, "model", tags);
}

/** Stores the lines of text. */
export async function saveTextLines(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  textLines: readonly TextLine[],
  modelId: string,
): Promise<void> {
  const rows = textLines.map(({ text, score, normalizedQuad }, position) => {
    const [x1, y1, x2, y2, x3, y3, x4, y4] = normalizedQuad;
    const corners = { x1, y1, x2, y2, x3, y3, x4, y4 };
    return { photoId, position, text, foldedText: foldText(text), score, ...corners, modelId };
  });
  const stored = await transaction
    .selectFrom("textLines")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("position")
    .execute();
  if (isUnchanged(stored, rows)) return;
  if (stored.length > 0) await transaction.deleteFrom("textLines").where("photoId", "=", photoId).execute();
  if (rows.length > 0) await transaction.insertInto("textLines").values(rows).execute();
}

/**
 * Stores the faces and their embeddings. Faces at the places of those that are there keep their ids, and embeddings of
 * another recogniser stay beside the new ones unless they are of older content.
 */
export async function saveFaces(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  { faces, faceEmbeddingModelId }: PhotoAnalysis,
  modelId: string,
  isNewContent: boolean,
): Promise<void> {
  if (isNewContent) await deleteEmbeddings(transaction, photoId, "face");
  const ids = await saveFaceRows(transaction, photoId, faces, modelId);
  if (faceEmbeddingModelId === undefined) return;
  const embeddings = faces.flatMap(({ embedding }, i) =>
    embedding === undefined
      ? []
      : [toEmbeddingRow(photoId, "face", ids[i] ?? 0, { modelId: faceEmbeddingModelId, embedding })],
  );
  await upsertEmbeddings(transaction, embeddings);
}

function toEmbeddingRow(
  photoId: number,
  ownerKind: EmbeddingOwner,
  ownerId: number,
  { modelId, embedding }: PhotoEmbedding,
): Insertable<EmbeddingsTable> {
  return {
    photoId,
    ownerKind,
    ownerId,
    modelId,
    dimensions: embedding.length,
    embedding: toEmbeddingBytes(embedding),
  };
}

async function upsertEmbeddings(
  transaction: Transaction<Schema>,
  rows: readonly Insertable<EmbeddingsTable>[],
): Promise<void> {
  if (rows.length === 0) return;
  await transaction
    .insertInto("embeddings")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["ownerKind", "modelId", "ownerId"]).doUpdateSet((eb) => ({
        dimensions: eb.ref("excluded.dimensions"),
        embedding: eb.ref("excluded.embedding"),
      })),
    )
    .execute();
}

async function deleteEmbeddings(
  transaction: Transaction<Schema>,
  photoId: number,
  ownerKind: EmbeddingOwner,
) {
  await transaction
    .deleteFrom("embeddings")
    .where("photoId", "=", photoId)
    .where("ownerKind", "=", ownerKind)
    .execute();
}

/** Stores the embedding of the whole photo beside those of other models, which go when they are of older content. */
export async function savePhotoEmbedding(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  embedding: PhotoEmbedding,
  isNewContent: boolean,
): Promise<void> {
  if (isNewContent) await deleteEmbeddings(transaction, photoId, "photo");
  await upsertEmbeddings(transaction, [toEmbeddingRow(photoId, "photo", photoId, embedding)]);
}

/** Stores the fingerprints of the file and the pixels. */
export async function saveFingerprints(
  transaction: Transaction<Schema>,
  { photoId }: PhotoTarget,
  { imohash, pdq, pdqQuality }: Fingerprints,
): Promise<void> {
  const values = {
    imohash,
    pdq: pdq === undefined ? null : new Uint8Array(Buffer.from(pdq, "hex")),
    pdqQuality: pdqQuality ?? null,
  };
  await transaction.updateTable("photos").set({ imohash }).where("id", "=", photoId).execute();
  await transaction
    .insertInto("fingerprints")
    .values({ photoId, ...values })
    .onConflict((conflict) => conflict.column("photoId").doUpdateSet(values))
    .execute();
}
