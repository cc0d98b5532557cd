import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { readLatestFacts, type LibraryFact } from "./facts.ts";

const find = (facts: readonly LibraryFact[], field: string) =>
  facts.find((fact) => fact.field === field)?.value;

/**
 * Makes the rows of these albums anew from what counts of the statements about them, and from what their centroids draw
 * together. Albums made by hand come and go with the decision that made them; auto-albums stay, with their automatic title
 * where nobody gave them another.
 */
export async function applyAlbumFacts(
  transaction: Transaction<Schema>,
  albumIds: readonly string[],
): Promise<void> {
  const latest = await readLatestFacts(transaction, "album", albumIds);
  for (const albumId of albumIds) await applyAlbum(transaction, albumId, latest.get(albumId) ?? []);
}

async function applyAlbum(
  transaction: Transaction<Schema>,
  albumId: string,
  facts: readonly LibraryFact[],
): Promise<void> {
  const stored = await transaction
    .selectFrom("albums")
    .selectAll()
    .where("id", "=", albumId)
    .executeTakeFirst();
  const isMade = find(facts, "exists") === "1";
  if (!isMade && stored?.kind !== "auto") {
    await transaction.deleteFrom("albums").where("id", "=", albumId).execute();
    return;
  }
  const cover = find(facts, "coverPhotoId");
  const values = {
    title: find(facts, "title") ?? stored?.autoTitle ?? stored?.title ?? "",
    description: find(facts, "description") ?? null,
    coverPhotoId: cover === undefined || cover === null ? null : Number(cover),
    isDeleted: find(facts, "isDeleted") === "1" ? 1 : 0,
    updatedAt: Date.now(),
  };
  await transaction
    .insertInto("albums")
    .values({ id: albumId, kind: "made", createdAt: Date.now(), ...values })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
    .execute();
  await applyAlbumPhotos(transaction, albumId);
}

/** The photos of an album: those nearest to its centroid and those a human added, without those a human took out. */
export async function applyAlbumPhotos(transaction: Transaction<Schema>, albumId: string): Promise<void> {
  const said = sql`
    select cast(key as integer) as photo_id, value, max(id) from library_facts
    where subject = 'album' and subject_id = ${albumId} and field = 'photo' and is_active = 1 group by key`;
  await sql`delete from album_photos where album_id = ${albumId}`.execute(transaction);
  await sql`
    insert into album_photos (album_id, photo_id, source, score)
    select ${albumId}, photo_id, 'auto', max(similarity) from centroid_members
    where album_id = ${albumId} and photo_id not in (select photo_id from (${said})) group by photo_id
    union all
    select ${albumId}, photos.id, 'human', null from (${said}) as said join photos on photos.id = said.photo_id
    where said.value = '1'
  `.execute(transaction);
}
