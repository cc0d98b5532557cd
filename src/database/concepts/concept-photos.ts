import { sql, type Transaction } from "kysely";
import type { Section } from "../../core/search-trust.ts";
import type { ConceptsTable, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { toTagKey } from "./concept-facts.ts";

/** A photo that a concept was found in. */
export interface ConceptPhoto {
  readonly photoId: number;
  /** 0–1. */
  readonly score: number;
  readonly section: Section;
}

/** Told of photos whose tags changed, inside the transaction. */
export type OnTagsChanged = (transaction: Transaction<Schema>, photoIds: readonly number[]) => Promise<void>;

/** A concept without what follows from it. */
type ConceptHead = Pick<ConceptsTable, "id" | "kind" | "name">;

/** What is needed to know where a concept belongs. */
export function findConcept(transaction: Transaction<Schema>, id: string): Promise<ConceptHead | undefined> {
  return transaction
    .selectFrom("concepts")
    .select(["id", "kind", "name"])
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Photos that are gone by now, and those that the user spoke of, are left as they are. */
async function insertPhotos(
  transaction: Transaction<Schema>,
  rows: readonly (ConceptPhoto & { readonly conceptId: string })[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into concept_photos (concept_id, photo_id, score, section)
    select wanted.value ->> 'conceptId', photos.id, wanted.value ->> 'score', wanted.value ->> 'section'
    from json_each(${JSON.stringify(rows)}) as wanted
    join photos on photos.id = wanted.value ->> 'photoId'
    join concepts on concepts.id = wanted.value ->> 'conceptId'
    where not exists (
      select 1 from concept_examples as said
      where said.concept_id = concepts.id and said.photo_id = photos.id and said.is_example = 0)
    on conflict (concept_id, photo_id) do nothing
  `.execute(transaction);
}

/** The id of the tag of this name, made where there is none. */
async function tagIdOf(transaction: Transaction<Schema>, name: string): Promise<number> {
  const nameKey = toTagKey(name);
  await transaction
    .insertInto("tags")
    .values({ name, nameKey })
    .onConflict((conflict) => conflict.column("nameKey").doNothing())
    .execute();
  const { id } = await transaction
    .selectFrom("tags")
    .select("id")
    .where("nameKey", "=", nameKey)
    .executeTakeFirstOrThrow();
  return id;
}

/** Tags the photos that surely show a concept, and those alone; gives the photos whose tags changed. */
async function replaceTags(
  transaction: Transaction<Schema>,
  conceptId: string,
  name: string,
): Promise<readonly number[]> {
  const tagId = await tagIdOf(transaction, name);
  const wanted = await transaction
    .selectFrom("conceptPhotos")
    .select(["photoId", "score"])
    .where("conceptId", "=", conceptId)
    .where("section", "=", "strong")
    .execute();
  const wantedIds = new Set(wanted.map(({ photoId }) => photoId));
  const former = await transaction
    .selectFrom("photoTags")
    .select("photoId")
    .where("tagId", "=", tagId)
    .where("source", "=", "concept")
    .execute();
  const formerIds = new Set(former.map(({ photoId }) => photoId));
  const gone = [...formerIds].filter((id) => !wantedIds.has(id));
  const added = wanted.filter(({ photoId }) => !formerIds.has(photoId));
  await transaction
    .deleteFrom("photoTags")
    .where("tagId", "=", tagId)
    .where("source", "=", "concept")
    .where("photoId", "in", valueList(gone))
    .execute();
  await tagPhotos(transaction, tagId, wanted);
  return [...gone, ...added.map(({ photoId }) => photoId)];
}

/** Puts a tag on photos, except where a human took it off. */
async function tagPhotos(
  transaction: Transaction<Schema>,
  tagId: number,
  photos: readonly { readonly photoId: number; readonly score: number }[],
): Promise<void> {
  await sql`
    insert into photo_tags (photo_id, tag_id, score, source)
    select wanted.value ->> 'photoId', ${tagId}, wanted.value ->> 'score', 'concept'
    from json_each(${JSON.stringify(photos)}) as wanted
    where not exists (
      select 1 from removed_photo_tags as removed
      where removed.photo_id = wanted.value ->> 'photoId' and removed.tag_id = ${tagId} and removed.source = 'concept')
    on conflict (photo_id, tag_id, source) do update set score = excluded.score
  `.execute(transaction);
}

/** Makes these the photos of a concept, with what the user said of others. */
export async function replaceConceptPhotos(
  transaction: Transaction<Schema>,
  onPhotosChanged: OnTagsChanged,
  { id, kind, name }: ConceptHead,
  found: readonly ConceptPhoto[],
): Promise<void> {
  await transaction.deleteFrom("conceptPhotos").where("conceptId", "=", id).execute();
  await insertPhotos(
    transaction,
    found.map((photo) => ({ conceptId: id, ...photo })),
  );
  await sql`
    insert into concept_photos (concept_id, photo_id, score, section)
    select concept_id, photo_id, 1, 'strong' from concept_examples where concept_id = ${id} and is_example = 1
    on conflict (concept_id, photo_id) do update set score = 1, section = 'strong'
  `.execute(transaction);
  await sql`
    delete from concept_photos where concept_id = ${id} and photo_id in
      (select photo_id from concept_examples where concept_id = ${id} and is_example = 0)
  `.execute(transaction);
  if (kind !== "named") return;
  const changed = await replaceTags(transaction, id, name);
  if (changed.length > 0) await onPhotosChanged(transaction, changed);
}

/** Stores which concepts one photo shows; what the user said of it stays. */
export async function savePhotoConcepts(
  transaction: Transaction<Schema>,
  onPhotosChanged: OnTagsChanged,
  photoId: number,
  found: readonly (Omit<ConceptPhoto, "photoId"> & { readonly conceptId: string })[],
): Promise<void> {
  const spokenOf = sql<string>`(select concept_id from concept_examples where photo_id = ${photoId})`;
  await transaction
    .deleteFrom("conceptPhotos")
    .where("photoId", "=", photoId)
    .where("conceptId", "not in", spokenOf)
    .execute();
  await insertPhotos(
    transaction,
    found.map((row) => ({ ...row, photoId })),
  );
  const { numDeletedRows } = await transaction
    .deleteFrom("photoTags")
    .where("photoId", "=", photoId)
    .where("source", "=", "concept")
    .executeTakeFirst();
  const tags =
    found.length === 0
      ? []
      : await transaction
          .selectFrom("conceptPhotos")
          .innerJoin("concepts", "concepts.id", "conceptPhotos.conceptId")
          .select(["name", "score"])
          .where("photoId", "=", photoId)
          .where("section", "=", "strong")
          .where("kind", "=", "named")
          .execute();
  for (const { name, score } of tags)
    await tagPhotos(transaction, await tagIdOf(transaction, name), [{ photoId, score }]);
  if (numDeletedRows > 0n || tags.length > 0) await onPhotosChanged(transaction, [photoId]);
}
