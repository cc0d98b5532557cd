import type { Kysely } from "kysely";
import type { MadeDocument } from "../../core/made-document.ts";
import type { Schema } from "../schema.ts";
import type { ReadRefs } from "./read-refs.ts";

/** What a human said of copies and it is still in force. */
export async function readMadeDuplicates(
  reads: Kysely<Schema>,
  refs: ReadRefs,
): Promise<MadeDocument["duplicates"]> {
  return { resolved: await readResolved(reads, refs), apart: await readApart(reads, refs) };
}

async function readResolved(reads: Kysely<Schema>, refs: ReadRefs) {
  const rows = await reads
    .selectFrom("photos")
    .select(["id", "duplicateOf"])
    .where("duplicateOf", "is not", null)
    .where("hiddenAt", "is not", null)
    .orderBy("id")
    .execute();
  const byKeeper = Map.groupBy(rows, ({ duplicateOf }) => duplicateOf!);
  const byId = await refs([...byKeeper.keys(), ...rows.map(({ id }) => id)]);
  return [...byKeeper].flatMap(([keeperId, losers]) => {
    const keeper = byId.get(keeperId);
    if (keeper === undefined) return [];
    return [{ keeper, losers: losers.flatMap(({ id }) => byId.get(id) ?? []) }];
  });
}

async function readApart(reads: Kysely<Schema>, refs: ReadRefs) {
  const rows = await reads
    .selectFrom("duplicatesApart")
    .select(["decisionId", "part", "photoId"])
    .where("isActive", "=", 1)
    .orderBy("decisionId")
    .orderBy("part")
    .orderBy("photoId")
    .execute();
  const byId = await refs(rows.map(({ photoId }) => photoId));
  const decisions = Map.groupBy(rows, ({ decisionId }) => decisionId);
  return [...decisions.values()]
    .map((said) =>
      [...Map.groupBy(said, ({ part }) => part).values()]
        .map((part) => part.flatMap(({ photoId }) => byId.get(photoId) ?? []))
        .filter((part) => part.length > 0),
    )
    .filter((parts) => parts.length > 1);
}
