import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { type Box, toBox } from "../../core/geometry.ts";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";
import { matchBoxes } from "./match-boxes.ts";
import type { PeopleDecisions } from "./people-decisions.ts";
import { cleanPersonName, toNameKey } from "./person-name.ts";
import { insertFace } from "./write-faces.ts";

/** Who decided what metadata says. */
const ACTOR = "metadata";

/** Model id of a face that was marked by another program. */
const MARKED = "metadata";

/**
 * Faces that someone marked and named in another program, as XMP tells. They become faces and persons like all others, by
 * decisions that can be undone; what the user said here already is left as it is.
 */
export interface FaceRegionStore {
  /** Photos with regions that are no faces yet, by id. */
  pending(afterPhotoId: number, limit: number): Promise<readonly number[]>;
  /** Makes faces of the photo's regions and names them. Doing it again, or after a crash in the middle, adds nothing. */
  takeIn(photoId: number): Promise<void>;
}

interface Region extends Box {
  readonly id: number;
  readonly name: string | null;
}

export function createFaceRegionStore(options: {
  readonly database: Database;
  readonly decisions: Pick<PeopleDecisions, "decide">;
}): FaceRegionStore {
  const { database, decisions } = options;
  const { reads, writes } = database;

  async function nameFaces(name: string, faceIds: readonly number[]): Promise<void> {
    const open = await withoutStatement(faceIds, name);
    if (open.length === 0) return;
    const person = await reads
      .selectFrom("persons")
      .select("id")
      .where("nameKey", "=", toNameKey(name))
      .where("status", "in", ["active", "hidden"])
      .executeTakeFirst();
    const whom = person === undefined ? { personId: randomUUID(), name } : { personId: person.id };
    await decisions.decide(
      { kind: "face.assign", faceIds: open, ...whom },
      { actor: ACTOR, source: "metadata" },
    );
  }

  /**
   * Faces of which nobody here has said who they are, also where that was taken back, and of which no file says the same: what
   * a file said before gives way to what it says now.
   */
  async function withoutStatement(faceIds: readonly number[], name: string): Promise<readonly number[]> {
    const rows = await reads
      .selectFrom("faceFacts")
      .innerJoin("faces", "faces.id", "faceFacts.faceId")
      .leftJoin("persons", "persons.id", "faces.personId")
      .select(["faceFacts.faceId", "faceFacts.source", "faceFacts.isActive", "persons.nameKey"])
      .where("faceFacts.faceId", "in", [...faceIds])
      .where("field", "in", ["person", "rejected"])
      .execute();
    const isOutdated = ({ source, isActive, nameKey }: (typeof rows)[number]) =>
      source === "metadata" && isActive === 1 && nameKey !== toNameKey(name);
    const spokenOf = new Set(rows.filter((row) => !isOutdated(row)).map(({ faceId }) => faceId));
    return faceIds.filter((id) => !spokenOf.has(id));
  }

  return {
    async pending(afterPhotoId, limit) {
      const rows = await reads
        .selectFrom("faceRegions")
        .select("photoId")
        .distinct()
        .where("faceId", "is", null)
        .where("photoId", ">", afterPhotoId)
        .orderBy("photoId")
        .limit(limit)
        .execute();
      return rows.map(({ photoId }) => photoId);
    },
    async takeIn(photoId) {
      const regions = await reads
        .selectFrom("faceRegions")
        .selectAll()
        .where("photoId", "=", photoId)
        .where("faceId", "is", null)
        .orderBy("id")
        .execute();
      if (regions.length === 0) return;
      const faceIds = await writes
        .transaction()
        .execute((transaction) => findOrInsertFaces(transaction, photoId, regions));
      const named = regions.flatMap(({ name }, i) => {
        const cleaned = name === null ? undefined : tryClean(name);
        return cleaned === undefined ? [] : [{ name: cleaned, faceId: faceIds[i]! }];
      });
      for (const same of Map.groupBy(named, ({ name }) => toNameKey(name)).values()) {
        await nameFaces(
          same[0]!.name,
          same.map(({ faceId }) => faceId),
        );
      }
      // Last, so that a crash before this line only makes it happen again.
      await writes.transaction().execute(async (transaction) => {
        for (const [i, { id }] of regions.entries()) {
          await transaction
            .updateTable("faceRegions")
            .set({ faceId: faceIds[i]! })
            .where("id", "=", id)
            .execute();
        }
      });
    },
  };
}

/** A name as persons have it; undefined for one that cannot be a person's. */
function tryClean(name: string): string | undefined {
  try {
    return cleanPersonName(name);
  } catch {
    return undefined;
  }
}

/** The face at the place of each region, made where there is none. */
async function findOrInsertFaces(
  transaction: Transaction<Schema>,
  photoId: number,
  regions: readonly Region[],
): Promise<readonly number[]> {
  const faces = await transaction
    .selectFrom("faces")
    .select(["id", "x", "y", "width", "height"])
    .where("photoId", "=", photoId)
    .orderBy("id")
    .execute();
  const matches = matchBoxes(regions.map(toBox), faces.map(toBox));
  const ids: number[] = [];
  for (const [i, region] of regions.entries()) {
    const match = matches[i];
    ids.push(
      match === undefined ? await insertMarked(transaction, photoId, toBox(region)) : faces[match]!.id,
    );
  }
  return ids;
}

/** Nobody measured it yet: its quality is unknown, which counts as none. */
function insertMarked(
  transaction: Transaction<Schema>,
  photoId: number,
  normalizedBox: Box,
): Promise<number> {
  const face = { normalizedBox, landmarks: [], score: 1, quality: 0 };
  return insertFace(transaction, photoId, face, MARKED, "metadata");
}
