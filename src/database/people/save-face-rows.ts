import type { Selectable, Transaction } from "kysely";
import { toBox } from "../../core/geometry.ts";
import type { DetectedFace } from "../../core/photo-analysis.ts";
import type { FacesTable, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { matchBoxes } from "./match-boxes.ts";

type FaceRow = Selectable<FacesTable>;

/**
 * Stores the faces of a photo and gives their ids in the same order. A face at the place of one that is there keeps its id,
 * and with it everything that was decided about it, whichever detector found it. A face that is not found again goes,
 * unless a human spoke of it: then it stays as lost, with its name.
 */
export async function saveFaceRows(
  transaction: Transaction<Schema>,
  photoId: number,
  faces: readonly DetectedFace[],
  modelId: string,
): Promise<readonly number[]> {
  const stored = await transaction
    .selectFrom("faces")
    .selectAll()
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  const matches = matchBoxes(
    faces.map(({ normalizedBox }) => normalizedBox),
    stored.map(toBox),
  );
  await dropLost(
    transaction,
    stored.filter((_, j) => !matches.includes(j)),
  );
  const ids: number[] = [];
  for (const [i, face] of faces.entries()) {
    const match = matches[i];
    const old = match === undefined ? undefined : stored[match];
    const row = { ...toColumns(face), modelId };
    ids.push(
      old === undefined
        ? await insertFace(transaction, photoId, row)
        : await updateFace(transaction, old, row),
    );
  }
  return ids;
}

function toColumns({ normalizedBox, landmarks, score, quality, sharpness, pose }: DetectedFace) {
  return {
    ...toBox(normalizedBox),
    landmarks: JSON.stringify(landmarks.map(({ x, y }) => [x, y])),
    score,
    quality,
    sharpness: sharpness ?? null,
    yawDegrees: pose?.yawDegrees ?? null,
    pitchDegrees: pose?.pitchDegrees ?? null,
    rollDegrees: pose?.rollDegrees ?? null,
  };
}

type FaceColumns = ReturnType<typeof toColumns> & { readonly modelId: string };

async function insertFace(
  transaction: Transaction<Schema>,
  photoId: number,
  row: FaceColumns,
): Promise<number> {
  const { id } = await transaction
    .insertInto("faces")
    .values({ photoId, ...row, createdAt: Date.now() })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

async function updateFace(transaction: Transaction<Schema>, old: FaceRow, row: FaceColumns): Promise<number> {
  // The frame that a human drew stays as drawn.
  const found = old.origin === "drawn" ? { ...row, ...toBox(old) } : row;
  const values = { ...found, isLost: 0 };
  const isUnchanged = Object.entries(values).every(([key, value]) =>
    Object.is(old[key as keyof FaceRow], value),
  );
  if (!isUnchanged) await transaction.updateTable("faces").set(values).where("id", "=", old.id).execute();
  return old.id;
}

async function dropLost(transaction: Transaction<Schema>, lost: readonly FaceRow[]): Promise<void> {
  const detected = lost.filter(({ origin }) => origin === "detector").map(({ id }) => id);
  if (detected.length === 0) return;
  const spokenOf = await transaction
    .selectFrom("faceFacts")
    .select("faceId")
    .distinct()
    .where("faceId", "in", valueList(detected))
    .execute();
  const kept = new Set(spokenOf.map(({ faceId }) => faceId));
  const gone = detected.filter((id) => !kept.has(id));
  await transaction
    .deleteFrom("embeddings")
    .where("ownerKind", "=", "face")
    .where("ownerId", "in", valueList(gone))
    .execute();
  await transaction.deleteFrom("faces").where("id", "in", valueList(gone)).execute();
  await transaction
    .updateTable("faces")
    .set({ isLost: 1 })
    .where("id", "in", valueList([...kept]))
    .execute();
}
