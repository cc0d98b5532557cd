import { type Kysely, sql } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { appendDecision, type Decision } from "./decision-store.ts";
import type { Schema } from "./schema.ts";
import { appendUndo, type DecisionRoot, findTip } from "./undo-decision.ts";

/** A decision about what is in sight, and how many photos came into it or went out of it. */
export interface VisibilityChange {
  readonly decision: Decision;
  readonly photosChanged: number;
}

/**
 * Takes photos and folders out of sight and brings them back. Their files are never touched, and everything said of them is
 * kept. Each photo remembers the decision that hid it, so that taking that one back shows exactly what it hid.
 */
export interface PhotoVisibility {
  hidePhoto(photoId: number, actor: string): Promise<VisibilityChange>;
  /** The library looks there no longer, and its photos are out of sight. `not_found` unless it is a folder of the library. */
  removeFolder(folderId: number, actor: string): Promise<VisibilityChange>;
  /** Takes the removal of a folder back, whichever decision it was; nothing where it is in the library. */
  restoreFolder(folderId: number, actor: string): Promise<void>;
  /** Takes such a decision back, or an undo of one. `conflict` when it was taken back before. */
  undo(decisionId: number, actor: string): Promise<VisibilityChange>;
}

/** Kinds of the decisions that {@link PhotoVisibility.undo} knows. */
export const VISIBILITY_KINDS = /^(photo\.hide|folder\.remove)$/;

interface Subject {
  readonly photoId?: number;
  readonly folderId?: number;
}

async function hide(db: Kysely<Schema>, decisionId: number, { photoId, folderId }: Subject): Promise<number> {
  const hiddenAt = Date.now();
  if (folderId !== undefined) {
    const removal = db.updateTable("folders").set({ removedAt: hiddenAt, removedBy: decisionId });
    await removal.where("id", "=", folderId).execute();
  }
  const { numUpdatedRows } = await db
    .updateTable("photos")
    .set({ hiddenAt, hiddenBy: decisionId })
    .where("hiddenAt", "is", null)
    .where((eb) => (folderId === undefined ? eb("id", "=", photoId!) : eb("folderId", "=", folderId)))
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** What the decision hid comes back, except a photo whose folder was removed meanwhile: that goes on hiding it. */
async function show(db: Kysely<Schema>, decisionId: number, { folderId }: Subject): Promise<number> {
  if (folderId !== undefined) {
    const restoring = db.updateTable("folders").set({ removedAt: null, removedBy: null });
    await restoring.where("id", "=", folderId).where("removedBy", "=", decisionId).execute();
  }
  await sql`
    update photos set hidden_by = (select removed_by from folders where folders.id = photos.folder_id)
    where hidden_by = ${decisionId} and folder_id in (select id from folders where removed_by is not null)
  `.execute(db);
  const { numUpdatedRows } = await db
    .updateTable("photos")
    .set({ hiddenAt: null, hiddenBy: null })
    .where("hiddenBy", "=", decisionId)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Carries out the hiding of one photo, or of a folder, inside the caller's transaction. */
export async function decideToHide(
  transaction: Kysely<Schema>,
  subject: Subject & { readonly path?: string },
  actor: string,
): Promise<VisibilityChange> {
  const isFolder = subject.folderId !== undefined;
  const decision = await appendDecision(transaction, {
    kind: isFolder ? "folder.remove" : "photo.hide",
    actor,
    payload: subject,
    inverse: { ...subject, kind: isFolder ? "folder.restore" : "photo.unhide" },
  });
  return { decision, photosChanged: await hide(transaction, decision.id, subject) };
}

function readSubject({ kind, payload, id }: DecisionRoot): Subject {
  if (VISIBILITY_KINDS.test(kind)) return JSON.parse(payload) as Subject;
  throw new KeepsightError("not_found", `Decision ${id} is none about what is in sight.`);
}

/** The visibility of photos in this database. */
export function createPhotoVisibility({ database }: { readonly database: Database }): PhotoVisibility {
  const { writes } = database;

  async function takeBack(transaction: Kysely<Schema>, decisionId: number, actor: string) {
    const { decision, root } = await appendUndo(transaction, decisionId, actor);
    const change = root.isActive ? show : hide;
    return { decision, photosChanged: await change(transaction, root.id, readSubject(root)) };
  }

  return {
    hidePhoto: (photoId, actor) =>
      writes.transaction().execute((transaction) => decideToHide(transaction, { photoId }, actor)),
    removeFolder: (folderId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const folder = await transaction
          .selectFrom("folders")
          .select("path")
          .where("id", "=", folderId)
          .where("removedAt", "is", null)
          .executeTakeFirst();
        if (folder === undefined)
          throw new KeepsightError("not_found", `There is no folder ${folderId} in the library.`);
        return decideToHide(transaction, { folderId, path: folder.path }, actor);
      }),
    restoreFolder: (folderId, actor) =>
      writes.transaction().execute(async (transaction) => {
        const folder = await transaction
          .selectFrom("folders")
          .select("removedBy")
          .where("id", "=", folderId)
          .executeTakeFirst();
        if (folder === undefined || folder.removedBy === null) return;
        await takeBack(transaction, await findTip(transaction, folder.removedBy), actor);
      }),
    undo: (decisionId, actor) =>
      writes.transaction().execute((transaction) => takeBack(transaction, decisionId, actor)),
  };
}
