import type { Transaction } from "kysely";
import type { Schema, TagSource } from "./schema.ts";
import { executeBatch } from "./sqlite/dialect.ts";

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
  const merged = [...mergeTags(tags)];
  const removal = transaction
    .deleteFrom("photoTags")
    .where("photoId", "=", photoId)
    .where("source", "=", source);
  // What a human took off is taken off the new ones too, by whoever saves the analysis.
  const formerlyRemoved = transaction
    .deleteFrom("removedPhotoTags")
    .where("photoId", "=", photoId)
    .where("source", "=", source);
  const additions = merged.flatMap(([nameKey, { name, score }]) => [
    transaction
      .insertInto("tags")
      .values({ name, nameKey })
      .onConflict((conflict) => conflict.column("nameKey").doNothing()),
    transaction
      .insertInto("photoTags")
      .columns(["photoId", "tagId", "score", "source"])
      .expression((eb) =>
        eb
          .selectFrom("tags")
          .select([
            eb.val(photoId).as("photoId"),
            "id as tagId",
            eb.val(score).as("score"),
            eb.val(source).as("source"),
          ])
          .where("nameKey", "=", nameKey),
      ),
  ]);
  await executeBatch(
    transaction,
    [removal, formerlyRemoved, ...additions].map((query) => query.compile()),
  );
}
