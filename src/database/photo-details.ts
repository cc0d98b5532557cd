import { type Kysely, type Selectable, type Transaction } from "kysely";
import { toBox } from "../core/geometry.ts";
import type {
  DetectedFace,
  DetectedObject,
  Fingerprints,
  MetadataFaceRegion,
  Step,
  TextLine,
} from "../core/photo-analysis.ts";
import type { Photo } from "./photo-store.ts";
import type {
  FacesTable,
  FingerprintsTable,
  ObjectsTable,
  PhotoStepStatus,
  Schema,
  TagSource,
  TextLinesTable,
} from "./schema.ts";
import { valueList } from "./sqlite/value-list.ts";
import { withoutNulls } from "./without-nulls.ts";

/** A file made from a photo: `preview`, `thumbnail`. */
export interface Derivative {
  readonly kind: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
}

/** One step of one photo as stored. */
export interface StoredStep {
  readonly step: Step;
  readonly status: PhotoStepStatus;
  readonly modelId?: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly errorCode?: string;
  readonly durationMs?: number;
  readonly updatedAt: number;
}

/** Everything known of one photo. */
export interface PhotoDetails {
  readonly photo: Photo;
  readonly objects: readonly (DetectedObject & { readonly id: number })[];
  readonly faces: readonly (Omit<DetectedFace, "embedding"> & { readonly id: number })[];
  readonly faceRegions: readonly MetadataFaceRegion[];
  readonly textLines: readonly (TextLine & { readonly id: number })[];
  readonly tags: readonly { readonly name: string; readonly score: number; readonly source: TagSource }[];
  readonly steps: readonly StoredStep[];
  readonly derivatives: readonly (Derivative & { readonly contentVersion: number })[];
  /** Absent until the hash step ran. */
  readonly fingerprints?: Fingerprints;
  /** The group of duplicates that it is in; bursts and dismissed groups do not count. */
  readonly duplicate?: { readonly groupId: number; readonly isPrimary: boolean; readonly score: number };
}

function toFingerprints({ imohash, pdq, pdqQuality }: Selectable<FingerprintsTable>): Fingerprints {
  if (pdq === null || pdqQuality === null) return { imohash };
  return { imohash, pdq: Buffer.from(pdq).toString("hex"), pdqQuality };
}

function toDuplicate(
  { groupId, primaryPhotoId, score }: { groupId: number; primaryPhotoId: number; score: number },
  photoId: number,
): NonNullable<PhotoDetails["duplicate"]> {
  const isPrimary = primaryPhotoId === photoId;
  return { groupId, isPrimary, score: isPrimary ? 1 : score };
}

function toObject(row: Selectable<ObjectsTable>): PhotoDetails["objects"][number] {
  return { id: row.id, label: row.label, score: row.score, normalizedBox: toBox(row) };
}

function toFace(row: Selectable<FacesTable>): PhotoDetails["faces"][number] {
  const { id, landmarks, score, quality, sharpness } = row;
  const points = (JSON.parse(landmarks) as [number, number][]).map(([x, y]) => ({ x, y }));
  return {
    id,
    normalizedBox: toBox(row),
    landmarks: points,
    score,
    quality,
    ...(sharpness === null ? {} : { sharpness }),
    ...toPose(row),
  };
}

function toPose({ yawDegrees, pitchDegrees, rollDegrees }: Selectable<FacesTable>) {
  if (yawDegrees === null || pitchDegrees === null || rollDegrees === null) return {};
  return { pose: { yawDegrees, pitchDegrees, rollDegrees } };
}

function toTextLine(row: Selectable<TextLinesTable>): PhotoDetails["textLines"][number] {
  const { id, text, score, x1, y1, x2, y2, x3, y3, x4, y4 } = row;
  return { id, text, score, normalizedQuad: [x1, y1, x2, y2, x3, y3, x4, y4] };
}

function readTags(reads: Kysely<Schema>, photoId: number) {
  return reads
    .selectFrom("photoTags")
    .innerJoin("tags", "tags.id", "photoTags.tagId")
    .select(["tags.name", "photoTags.score", "photoTags.source"])
    .where("photoId", "=", photoId)
    .orderBy("photoTags.score", "desc")
    .orderBy("tags.name")
    .execute();
}

async function readFindings(
  reads: Transaction<Schema>,
  photoId: number,
): Promise<Omit<PhotoDetails, "photo">> {
  const objects = await reads
    .selectFrom("objects")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  const faces = await reads
    .selectFrom("faces")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  const regions = await reads
    .selectFrom("faceRegions")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  const lines = await reads
    .selectFrom("textLines")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("position")
    .execute();
  const steps = await reads.selectFrom("photoSteps").selectAll().where("photoId", "=", photoId).execute();
  const derivatives = await reads
    .selectFrom("derivatives")
    .select(["kind", "width", "height", "byteSize", "contentVersion"])
    .where("photoId", "=", photoId)
    .execute();
  const prints = await reads
    .selectFrom("fingerprints")
    .selectAll()
    .where("photoId", "=", photoId)
    .executeTakeFirst();
  const member = await reads
    .selectFrom("duplicateMembers")
    .innerJoin("duplicateGroups", "duplicateGroups.id", "groupId")
    .select(["groupId", "primaryPhotoId", "duplicateMembers.score"])
    .where("photoId", "=", photoId)
    .where("isBurst", "=", 0)
    .where("isActive", "=", 1)
    .executeTakeFirst();
  return {
    ...(prints === undefined ? {} : { fingerprints: toFingerprints(prints) }),
    ...(member === undefined ? {} : { duplicate: toDuplicate(member, photoId) }),
    objects: objects.map(toObject),
    faces: faces.map(toFace),
    faceRegions: regions.map((row) => ({ ...withoutNulls({ name: row.name }), normalizedBox: toBox(row) })),
    textLines: lines.map(toTextLine),
    tags: await readTags(reads, photoId),
    steps: steps.map(withoutNulls),
    derivatives,
  };
}

/** Everything stored of one photo, from one moment; undefined when there is no such photo. */
export function readPhotoDetails(reads: Kysely<Schema>, photoId: number): Promise<PhotoDetails | undefined> {
  return reads.transaction().execute(async (transaction) => {
    const photo = await transaction
      .selectFrom("photos")
      .selectAll()
      .where("id", "=", photoId)
      .executeTakeFirst();
    if (photo === undefined) return undefined;
    return { photo: withoutNulls(photo), ...(await readFindings(transaction, photoId)) };
  });
}

/** Where a face is in its photo. */
export interface FacePlace extends Pick<DetectedFace, "normalizedBox" | "landmarks"> {
  readonly photoId: number;
}

/** The places of a photo's faces, or of one face, without those of which somebody said that they are none. */
export async function readFacePlaces(
  reads: Kysely<Schema>,
  of: { readonly photoId: number } | { readonly faceId: number },
): Promise<readonly FacePlace[]> {
  const [column, id] = "photoId" in of ? (["photoId", of.photoId] as const) : (["id", of.faceId] as const);
  const rows = await reads
    .selectFrom("faces")
    .selectAll()
    .where(column, "=", id)
    .where("isRemoved", "=", 0)
    .execute();
  return rows.map((row) => {
    const { normalizedBox, landmarks } = toFace(row);
    return { photoId: row.photoId, normalizedBox, landmarks };
  });
}

/** What can be pointed at in a photo: its text lines and its objects. */
export interface PlacedFindings extends Pick<PhotoDetails, "textLines" | "objects"> {
  /** Faces that have a name. */
  readonly namedFaces: readonly (Pick<DetectedFace, "normalizedBox"> & { readonly name: string })[];
}

/** What stands at a place in several photos, by photo id, in three queries; photos without any of it are left out. */
export async function readPlacedFindings(
  reads: Kysely<Schema>,
  photoIds: readonly number[],
): Promise<ReadonlyMap<number, PlacedFindings>> {
  const [lines, objects, faces] = await Promise.all([
    reads.selectFrom("textLines").selectAll().where("photoId", "in", valueList(photoIds)).execute(),
    reads.selectFrom("objects").selectAll().where("photoId", "in", valueList(photoIds)).execute(),
    reads
      .selectFrom("faces")
      .innerJoin("persons", "persons.id", "faces.personId")
      .select(["photoId", "persons.name", "x", "y", "width", "height"])
      .where("photoId", "in", valueList(photoIds))
      .execute(),
  ]);
  const ids = new Set([...lines, ...objects, ...faces].map(({ photoId }) => photoId));
  const linesOf = Map.groupBy(lines, ({ photoId }) => photoId);
  const objectsOf = Map.groupBy(objects, ({ photoId }) => photoId);
  const facesOf = Map.groupBy(faces, ({ photoId }) => photoId);
  return new Map(
    Array.from(ids, (id) => [
      id,
      {
        textLines: (linesOf.get(id) ?? []).map(toTextLine),
        objects: (objectsOf.get(id) ?? []).map(toObject),
        namedFaces: (facesOf.get(id) ?? []).map(({ name, ...row }) => ({ name, normalizedBox: toBox(row) })),
      },
    ]),
  );
}
