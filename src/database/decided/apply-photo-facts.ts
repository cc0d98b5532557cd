import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/**
 * Photos as results and decisions make them: whatever a human said of a photo stands over what its file and the models say.
 * Everything is done by sets, so that ten thousand photos are a few statements.
 */

const asTextIds = (photoIds: readonly number[]) => valueList(photoIds.map(String));

/** The latest statement in force about a field of each photo. */
function latestOf(field: string, photoIds: readonly number[]): RawBuilder<unknown> {
  return sql`
    select subject_id, value, max(id) from library_facts
    where subject = 'photo' and subject_id in ${asTextIds(photoIds)} and field = ${field} and is_active = 1
    group by subject_id`;
}

/** The latest statement in force about each tag of each photo; `max` beside bare columns takes them from its row. */
function latestTags(photoIds: readonly number[]): RawBuilder<unknown> {
  return sql`
    select cast(subject_id as integer) as photo_id, key, value, max(id) from library_facts
    where subject = 'photo' and subject_id in ${asTextIds(photoIds)} and field = 'tag' and is_active = 1
    group by subject_id, key`;
}

/** Rating, title, description and favourite of these photos. */
export async function applyPhotoFields(
  transaction: Transaction<Schema>,
  photoIds: readonly number[],
): Promise<void> {
  // A statement without a value is one too: it takes the value of the file, over earlier statements.
  for (const field of ["rating", "title", "description", "isFavourite"] as const) {
    const ofFile = field === "isFavourite" ? sql.lit(0) : sql.ref(OF_FILE[field]);
    const isNumber = field === "rating" || field === "isFavourite";
    const value = isNumber ? sql`cast(said.value as integer)` : sql`said.value`;
    // An empty text is none, also where the file has one.
    await sql`
      update photos set ${sql.ref(field)} = nullif(coalesce(
        (select ${value} from (${latestOf(field, photoIds)}) as said where said.subject_id = cast(photos.id as text)),
        ${ofFile}), '')
      where id in ${valueList(photoIds)}
    `.execute(transaction);
  }
}

const OF_FILE = { rating: "fileRating", title: "fileTitle", description: "fileDescription" } as const;

/**
 * Hides photos of which that was said, each by the decision that says so, and shows those of which it was taken back; what
 * another decision hid stays hidden, and so does what lies in a folder that was removed.
 */
export async function applyHidden(
  transaction: Transaction<Schema>,
  photoIds: readonly number[],
): Promise<void> {
  const ids = valueList(photoIds);
  const said = (columns: string, isActive: RawBuilder<unknown>) => sql`
    select ${sql.raw(columns)} from library_facts where subject = 'photo' and field = 'isHidden'
    and subject_id = cast(photos.id as text) and ${isActive}`;
  await sql`
    update photos set hidden_at = ${Date.now()}, hidden_by = (${said("max(decision_id)", sql`is_active = 1`)})
    where id in ${ids} and hidden_at is null and exists (${said("1", sql`is_active = 1`)})
  `.execute(transaction);
  const isTakenBack = sql`id in ${ids} and hidden_by in (${said("decision_id", sql`is_active = 0`)})`;
  await sql`
    update photos set hidden_by = (select removed_by from folders where folders.id = photos.folder_id)
    where ${isTakenBack} and folder_id in (select id from folders where removed_by is not null)
  `.execute(transaction);
  await sql`update photos set hidden_at = null, hidden_by = null where ${isTakenBack}`.execute(transaction);
}

/** Puts the tags on that a human added, and takes off those that a human took off, of every source. */
export async function applyPhotoTags(
  transaction: Transaction<Schema>,
  photoIds: readonly number[],
): Promise<void> {
  const ids = valueList(photoIds);
  await sql`
    insert into tags (name, name_key)
    select value, key from (${latestTags(photoIds)}) where value is not null
    on conflict (name_key) do nothing
  `.execute(transaction);
  // Only tags of which something was said: rows that came another way are left alone.
  await sql`
    delete from photo_tags where source = 'human' and photo_id in ${ids} and tag_id in (
      select tags.id from library_facts as said join tags on tags.name_key = said.key
      where said.subject = 'photo' and said.field = 'tag' and said.subject_id = cast(photo_tags.photo_id as text))
  `.execute(transaction);
  await sql`
    insert into photo_tags (photo_id, tag_id, score, source)
    select said.photo_id, tags.id, 1, 'human' from (${latestTags(photoIds)}) as said
    join tags on tags.name_key = said.key join photos on photos.id = said.photo_id where said.value is not null
    on conflict (photo_id, tag_id, source) do nothing
  `.execute(transaction);
  await sql`
    insert into photo_tags (photo_id, tag_id, score, source)
    select photo_id, tag_id, score, source from removed_photo_tags where photo_id in ${ids}
    on conflict (photo_id, tag_id, source) do nothing
  `.execute(transaction);
  await transaction.deleteFrom("removedPhotoTags").where("photoId", "in", ids).execute();
  await takeOffRemoved(transaction, photoIds);
}

async function takeOffRemoved(transaction: Transaction<Schema>, photoIds: readonly number[]): Promise<void> {
  const isRemoved = sql`(photo_id, tag_id) in (
    select said.photo_id, tags.id from (${latestTags(photoIds)}) as said join tags on tags.name_key = said.key
    where said.value is null)`;
  await sql`
    insert into removed_photo_tags (photo_id, tag_id, score, source)
    select photo_id, tag_id, score, source from photo_tags where ${isRemoved}
  `.execute(transaction);
  await sql`delete from photo_tags where ${isRemoved}`.execute(transaction);
}

/** After a photo was analysed: what a human said of it stands again. Costs one look when nothing was said. */
export async function restorePhotoFacts(transaction: Transaction<Schema>, photoId: number): Promise<void> {
  const said = await transaction
    .selectFrom("libraryFacts")
    .select("field")
    .distinct()
    .where("subject", "=", "photo")
    .where("subjectId", "=", String(photoId))
    .execute();
  if (said.length === 0) return;
  await applyPhotoFields(transaction, [photoId]);
  if (said.some(({ field }) => field === "tag")) await applyPhotoTags(transaction, [photoId]);
}
