import { type Kysely, sql, type Transaction } from "kysely";
import type { CategoryChanges, LibraryDecision, PhotoChanges } from "../../core/library-decision.ts";
import type { FactSubject, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";

/**
 * What a decision about photos, albums or categories says, cut into the smallest statements, as `people/facts.ts` does for
 * people: what counts is the latest statement of each field (and key) that is in force; taking a decision back switches its
 * statements off, and the earlier ones count again.
 */
export interface LibraryFact {
  readonly subject: FactSubject;
  readonly subjectId: string;
  readonly field: string;
  /** Of which of several: the key of a tag, the id of a photo; empty where there is one value only. */
  readonly key: string;
  /** Flags are "1" and "0"; null is "not there", or "as the file says". */
  readonly value: string | null;
}

/** What tells tags apart, as in the table of tags. */
export function toTagKey(name: string): string {
  return name.trim().toLowerCase();
}

/** The statements that a decision makes. `formerTags`: what a category has before it is changed. */
export function toLibraryFacts(
  decision: LibraryDecision,
  formerTags: readonly string[] = [],
): readonly LibraryFact[] {
  switch (decision.kind) {
    case "photo.update":
      return decision.photoIds.flatMap((photoId) => photoFacts(photoId, decision.changes));
    case "photo.tag":
      return photoFacts(decision.photoId, { addTags: decision.tags });
    case "album.create":
      return [
        albumFact(decision.albumId, "exists", "1"),
        albumFact(decision.albumId, "title", decision.title),
        ...(decision.description === undefined
          ? []
          : [albumFact(decision.albumId, "description", decision.description)]),
        ...albumPhotos(decision.albumId, decision.photoIds, "1"),
      ];
    case "album.update":
      return Object.entries(decision.changes).map(([field, value]) =>
        albumFact(decision.albumId, field, toText(value as string | number | null)),
      );
    case "album.add":
      return albumPhotos(decision.albumId, decision.photoIds, "1");
    case "album.remove":
      return albumPhotos(decision.albumId, decision.photoIds, null);
    case "album.delete":
      return [albumFact(decision.albumId, "isDeleted", "1")];
    case "category.create":
      return [
        categoryFact(decision.categoryId, "exists", "1"),
        ...categoryFacts(decision.categoryId, decision, []),
      ];
    case "category.update":
      return categoryFacts(decision.categoryId, decision.changes, formerTags);
    case "category.delete":
      return [categoryFact(decision.categoryId, "isDeleted", "1")];
  }
}

function photoFacts(photoId: number, changes: PhotoChanges): readonly LibraryFact[] {
  const fact = (field: string, value: string | null, key = ""): LibraryFact => ({
    subject: "photo",
    subjectId: String(photoId),
    field,
    key,
    value,
  });
  const { addTags = [], removeTags = [], ...fields } = changes;
  return [
    ...Object.entries(fields).map(([field, value]) =>
      fact(field, toText(value as string | number | boolean | null)),
    ),
    ...removeTags.map((name) => fact("tag", null, toTagKey(name))),
    ...addTags.map((name) => fact("tag", name.trim(), toTagKey(name))),
  ];
}

function albumFact(albumId: string, field: string, value: string | null, key = ""): LibraryFact {
  return { subject: "album", subjectId: albumId, field, key, value };
}

function albumPhotos(albumId: string, photoIds: readonly number[], value: string | null) {
  return photoIds.map((photoId) => albumFact(albumId, "photo", value, String(photoId)));
}

function categoryFact(categoryId: number, field: string, value: string | null, key = ""): LibraryFact {
  return { subject: "category", subjectId: String(categoryId), field, key, value };
}

function categoryFacts(
  categoryId: number,
  { name, description, tags }: CategoryChanges,
  formerTags: readonly string[],
): readonly LibraryFact[] {
  const facts: LibraryFact[] = [];
  if (name !== undefined) facts.push(categoryFact(categoryId, "name", name));
  if (description !== undefined) facts.push(categoryFact(categoryId, "description", description));
  if (tags === undefined) return facts;
  const former = new Set(formerTags.map(toTagKey));
  const wanted = new Set(tags.map(toTagKey));
  return [
    ...facts,
    ...[...former].filter((key) => !wanted.has(key)).map((key) => categoryFact(categoryId, "tag", null, key)),
    ...tags
      .filter((tag) => !former.has(toTagKey(tag)))
      .map((tag) => categoryFact(categoryId, "tag", tag.trim(), toTagKey(tag))),
  ];
}

function toText(value: string | number | boolean | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}

/** Stores the statements of a decision; one parameter however many they are. */
export async function insertLibraryFacts(
  transaction: Transaction<Schema>,
  decisionId: number,
  facts: readonly LibraryFact[],
): Promise<void> {
  const rows = facts.map(({ subject, subjectId, field, key, value }) => [
    subject,
    subjectId,
    field,
    key,
    value,
  ]);
  await sql`
    insert into library_facts (decision_id, subject, subject_id, field, key, value)
    select ${decisionId}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    from json_each(${JSON.stringify(rows)})
  `.execute(transaction);
}

/** Switches the statements of a decision on or off; gives them. */
export async function switchLibraryFacts(
  transaction: Transaction<Schema>,
  decisionId: number,
  isActive: boolean,
): Promise<readonly LibraryFact[]> {
  return transaction
    .updateTable("libraryFacts")
    .set({ isActive: isActive ? 1 : 0 })
    .where("decisionId", "=", decisionId)
    .returning(["subject", "subjectId", "field", "key", "value"])
    .execute();
}

/** The statements that count about these subjects: the latest in force of each field and key. */
export async function readLatestFacts(
  db: Kysely<Schema>,
  subject: FactSubject,
  subjectIds: readonly string[],
): Promise<ReadonlyMap<string, readonly LibraryFact[]>> {
  const rows = await db
    .selectFrom("libraryFacts")
    .select(["subject", "subjectId", "field", "key", "value"])
    .where("subject", "=", subject)
    .where("subjectId", "in", valueList(subjectIds))
    .where("isActive", "=", 1)
    .orderBy("id")
    .execute();
  const latest = new Map(rows.map((row) => [`${row.subjectId}\n${row.field}\n${row.key}`, row]));
  return Map.groupBy(latest.values(), ({ subjectId }) => subjectId);
}
