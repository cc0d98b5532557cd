import type { Transaction } from "kysely";
import type { Schema, TagSource } from "./schema.ts";
import { valueList } from "./sqlite/value-list.ts";

/** A tag to be put on a photo; 0–1. */
interface ScoredTag {
  readonly name: string;
  readonly score: number;
}

/** The best score of each name; names that differ in case only are one. */
function mergeTags(tags: readonly ScoredTag[]): ReadonlyMap<string, ScoredTag> {
  const best = new Map<string, ScoredTag>();
  for (const { name: rawName, score } of tags) {
    const name = rawName.trim();
    const key = name.toLowerCase();
    const known = best.get(key);
    if (name !== "") best.set(key, { name: known?.name ?? name, score: Math.max(known?.score ?? 0, score) });
  }
  return best;
}

/** Makes these the photo's tags from this source; its tags from other sources stay. */
export async function replaceTags(
  transaction: Transaction<Schema>,
  photoId: number,
  source: TagSource,
  tags: readonly ScoredTag[],
): Promise<void> {
  await transaction
    .deleteFrom("photoTags")
    .where("photoId", "=", photoId)
    .where("source", "=", source)
    .execute();
  const merged = mergeTags(tags);
  if (merged.size === 0) return;
  await transaction
    .insertInto("tags")
    .values([...merged].map(([nameKey, { name }]) => ({ name, nameKey })))
    .onConflict((conflict) => conflict.column("nameKey").doNothing())
    .execute();
  const rows = await transaction
    .selectFrom("tags")
    .select(["id", "nameKey"])
    .where("nameKey", "in", valueList([...merged.keys()]))
    .execute();
  await transaction
    .insertInto("photoTags")
    .values(
      rows.map(({ id, nameKey }) => ({ photoId, tagId: id, source, score: merged.get(nameKey)?.score ?? 0 })),
    )
    .execute();
}
