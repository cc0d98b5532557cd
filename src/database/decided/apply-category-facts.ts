import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import { readLatestFacts, type LibraryFact } from "./facts.ts";

const find = (facts: readonly LibraryFact[], field: string) =>
  facts.find((fact) => fact.field === field)?.value;

/**
 * Makes the rows of these categories anew from what counts of the statements about them. Gives the photos to which that
 * makes a difference: those that have a tag of one of them, before or after.
 */
export async function applyCategoryFacts(
  transaction: Transaction<Schema>,
  categoryIds: readonly number[],
): Promise<readonly number[]> {
  const before = await readShape(transaction, categoryIds);
  const latest = await readLatestFacts(transaction, "category", categoryIds.map(String));
  for (const categoryId of categoryIds)
    await applyCategory(transaction, categoryId, latest.get(String(categoryId)) ?? []);
  const after = await readShape(transaction, categoryIds);
  const tagIds = [...before.symmetricDifference(after)].map((pair) => Number(pair.split("\n")[0]));
  return findPhotosWith(transaction, tagIds);
}

/** Tag and name, for each tag of each category: what the text of photos says of them. */
async function readShape(
  transaction: Transaction<Schema>,
  categoryIds: readonly number[],
): Promise<Set<string>> {
  const rows = await transaction
    .selectFrom("categoryTags")
    .innerJoin("categories", "categories.id", "categoryTags.categoryId")
    .select(["tagId", "name"])
    .where("categoryId", "in", valueList(categoryIds))
    .execute();
  return new Set(rows.map(({ tagId, name }) => `${tagId}\n${name}`));
}

async function findPhotosWith(transaction: Transaction<Schema>, tagIds: readonly number[]) {
  const rows = await transaction
    .selectFrom("photoTags")
    .select("photoId")
    .distinct()
    .where("tagId", "in", valueList(tagIds))
    .execute();
  return rows.map(({ photoId }) => photoId);
}

async function applyCategory(
  transaction: Transaction<Schema>,
  categoryId: number,
  facts: readonly LibraryFact[],
): Promise<void> {
  if (find(facts, "exists") !== "1" || find(facts, "isDeleted") === "1") {
    await transaction.deleteFrom("categories").where("id", "=", categoryId).execute();
    return;
  }
  const name = find(facts, "name") ?? "";
  const values = { name, nameKey: name.toLowerCase(), description: find(facts, "description") ?? null };
  await transaction
    .insertInto("categories")
    .values({ id: categoryId, ...values })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
    .execute();
  const tags = facts.flatMap(({ field, key, value }) =>
    field === "tag" && value !== null ? [[key, value]] : [],
  );
  const json = JSON.stringify(tags);
  await transaction.deleteFrom("categoryTags").where("categoryId", "=", categoryId).execute();
  await sql`
    insert into tags (name, name_key) select value ->> 1, value ->> 0 from json_each(${json}) where true
    on conflict (name_key) do nothing
  `.execute(transaction);
  await sql`
    insert into category_tags (category_id, tag_id)
    select ${categoryId}, tags.id from json_each(${json}) as said join tags on tags.name_key = said.value ->> 0
  `.execute(transaction);
}
