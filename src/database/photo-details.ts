import { type Kysely, type Selectable, type Transaction } from "kysely";
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
  PhotoStepStatus,
  Schema,
  TagSource,
  TextLinesTable,
} from "./schema.ts";
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
}

function toBox({ x, y, width, height }: { x: number; y: number; width: number; height: number }) {
  return { x, y, width, height };
}

function toFingerprints({ imohash, pdq, pdqQuality }: Selectable<FingerprintsTable>): Fingerprints {
  if (pdq === null || pdqQuality === null) return { imohash };
  return { imohash, pdq: Buffer.from(pdq).toString("hex"), pdqQuality };
}

function toFace(row: Selectable<FacesTable>): PhotoDetails["faces"][number] {
  const { id, landmarks, score, quality } = row;
  const points = (JSON.parse(landmarks) as [number, number][]).map(([x, y]) => ({ x, y }));
  return { id, normalizedBox: toBox(row), landmarks: points, score, quality };
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
  return {
    ...(prints === undefined ? {} : { fingerprints: toFingerprints(prints) }),
    objects: objects.map((row) => ({
      id: row.id,
      label: row.label,
      score: row.score,
      normalizedBox: toBox(row),
    })),
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
