import type { Transaction } from "kysely";
import { KeepsightError } from "../../core/errors.ts";
import type {
  AlbumChanges,
  CategoryChanges,
  LibraryDecision,
  PhotoChanges,
} from "../../core/library-decision.ts";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { toTagKey } from "./facts.ts";

/**
 * Whether a decision can be carried out as things stand, with its names cleaned.
 *
 * @throws KeepsightError `not_found` for unknown photos, albums and categories, `conflict` for a name or an id that is in use,
 *   `bad_request` for what makes no sense at any time. Nothing has changed then.
 */
export async function checkLibraryDecision(
  transaction: Transaction<Schema>,
  decision: LibraryDecision,
): Promise<LibraryDecision> {
  switch (decision.kind) {
    case "photo.update":
      await findPhotos(transaction, decision.photoIds);
      return {
        ...decision,
        photoIds: [...new Set(decision.photoIds)],
        changes: cleanChanges(decision.changes),
      };
    case "photo.tag":
      await findPhotos(transaction, [decision.photoId]);
      return decision;
    case "album.create":
      await checkNew(transaction, "album", decision.albumId);
      if (decision.photoIds.length > 0) await findPhotos(transaction, decision.photoIds);
      return { ...decision, title: cleanTitle(decision.title) };
    case "album.update":
      await findAlbum(transaction, decision.albumId);
      return {
        ...decision,
        changes: await checkAlbumChanges(transaction, decision.albumId, decision.changes),
      };
    case "album.add":
      await findAlbum(transaction, decision.albumId);
      await findPhotos(transaction, decision.photoIds);
      return decision;
    case "album.remove":
      await findAlbum(transaction, decision.albumId);
      await findPhotos(transaction, decision.photoIds);
      return decision;
    case "album.delete":
      await findAlbum(transaction, decision.albumId);
      return decision;
    case "category.create":
      await checkNew(transaction, "category", String(decision.categoryId));
      return {
        ...decision,
        name: await freeCategoryName(transaction, decision.name),
        tags: cleanTags(decision.tags),
      };
    case "category.update":
      await findCategory(transaction, decision.categoryId);
      return {
        ...decision,
        changes: await checkCategoryChanges(transaction, decision.categoryId, decision.changes),
      };
    case "category.delete":
      await findCategory(transaction, decision.categoryId);
      return decision;
  }
}

async function findPhotos(transaction: Transaction<Schema>, photoIds: readonly number[]): Promise<void> {
  if (photoIds.length === 0) throw new KeepsightError("bad_request", "No photos were given.");
  const wanted = new Set(photoIds);
  const rows = await transaction
    .selectFrom("photos")
    .select("id")
    .where("id", "in", valueList([...wanted]))
    .execute();
  for (const { id } of rows) wanted.delete(id);
  if (wanted.size === 0) return;
  const few = [...wanted].slice(0, 5).join(", ");
  throw new KeepsightError("not_found", `There is no photo ${few} in the library.`);
}

function cleanChanges(changes: PhotoChanges): PhotoChanges {
  if (Object.keys(changes).length === 0)
    throw new KeepsightError("bad_request", "Nothing to change was given.");
  const { addTags, removeTags, ...fields } = changes;
  const both = addTags?.find((name) => removeTags?.some((other) => toTagKey(other) === toTagKey(name)));
  if (both !== undefined) {
    throw new KeepsightError("bad_request", `"${both}" cannot be added and removed at once.`);
  }
  return {
    ...fields,
    ...(addTags === undefined ? {} : { addTags: cleanTags(addTags) }),
    ...(removeTags === undefined ? {} : { removeTags: cleanTags(removeTags) }),
  };
}

/** Each tag once, without spaces around it; those without letters are none. */
function cleanTags(names: readonly string[]): readonly string[] {
  const byKey = new Map(names.map((name) => [toTagKey(name), name.trim()]));
  byKey.delete("");
  return [...byKey.values()];
}

/** An id means one thing for ever, also when its creation was taken back. */
async function checkNew(transaction: Transaction<Schema>, subject: "album" | "category", id: string) {
  const used = await transaction
    .selectFrom("libraryFacts")
    .select("id")
    .where("subject", "=", subject)
    .where("subjectId", "=", id)
    .limit(1)
    .executeTakeFirst();
  if (used !== undefined) throw new KeepsightError("conflict", `The ${subject} id ${id} is in use.`);
}

async function findAlbum(transaction: Transaction<Schema>, albumId: string) {
  const album = await transaction
    .selectFrom("albums")
    .selectAll()
    .where("id", "=", albumId)
    .where("isDeleted", "=", 0)
    .executeTakeFirst();
  if (album !== undefined) return album;
  throw new KeepsightError("not_found", `There is no album ${albumId}.`);
}

async function checkAlbumChanges(
  transaction: Transaction<Schema>,
  albumId: string,
  changes: AlbumChanges,
): Promise<AlbumChanges> {
  if (Object.keys(changes).length === 0)
    throw new KeepsightError("bad_request", "Nothing to change was given.");
  const { title, coverPhotoId } = changes;
  if (title === null && (await findAlbum(transaction, albumId)).kind === "made") {
    throw new KeepsightError("bad_request", "An album made by hand needs a title.");
  }
  if (coverPhotoId !== undefined && coverPhotoId !== null) {
    const inAlbum = await transaction
      .selectFrom("albumPhotos")
      .select("photoId")
      .where("albumId", "=", albumId)
      .where("photoId", "=", coverPhotoId)
      .executeTakeFirst();
    if (inAlbum === undefined) {
      throw new KeepsightError("conflict", `Photo ${coverPhotoId} is not in this album: add it first.`);
    }
  }
  return typeof title === "string" ? { ...changes, title: cleanTitle(title) } : changes;
}

function cleanTitle(title: string): string {
  const cleaned = title.trim();
  if (cleaned !== "") return cleaned;
  throw new KeepsightError("bad_request", "The title must have at least one character that is no space.");
}

async function findCategory(transaction: Transaction<Schema>, categoryId: number): Promise<void> {
  const row = await transaction
    .selectFrom("categories")
    .select("id")
    .where("id", "=", categoryId)
    .executeTakeFirst();
  if (row === undefined) throw new KeepsightError("not_found", `There is no category ${categoryId}.`);
}

async function checkCategoryChanges(
  transaction: Transaction<Schema>,
  categoryId: number,
  changes: CategoryChanges,
): Promise<CategoryChanges> {
  if (Object.keys(changes).length === 0)
    throw new KeepsightError("bad_request", "Nothing to change was given.");
  const { name, tags } = changes;
  return {
    ...changes,
    ...(name === undefined ? {} : { name: await freeCategoryName(transaction, name, categoryId) }),
    ...(tags === undefined ? {} : { tags: cleanTags(tags) }),
  };
}

async function freeCategoryName(
  transaction: Transaction<Schema>,
  name: string,
  exceptId = 0,
): Promise<string> {
  const cleaned = cleanTitle(name);
  const other = await transaction
    .selectFrom("categories")
    .select(["id", "name"])
    .where("nameKey", "=", cleaned.toLowerCase())
    .where("id", "!=", exceptId)
    .executeTakeFirst();
  if (other === undefined) return cleaned;
  throw new KeepsightError("conflict", `There is a category "${other.name}" already (${other.id}).`);
}
