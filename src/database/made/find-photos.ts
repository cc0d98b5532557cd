import type { Kysely } from "kysely";
import type { PhotoRef } from "../../core/made-document.ts";
import type { Schema } from "../schema.ts";

interface Candidate {
  readonly id: number;
  readonly path: string;
  readonly missingSince: number | null;
}

/**
 * The photos that an export speaks of, in its order; undefined for what is not here. A photo is told by its content. Among equal
 * copies that whose path ends alike goes first, and no photo stands for two, so that copies keep apart what was said of each.
 */
export async function findPhotos(
  db: Kysely<Schema>,
  refs: readonly PhotoRef[],
): Promise<readonly (number | undefined)[]> {
  const found: (number | undefined)[] = refs.map(() => undefined);
  const byContent = Map.groupBy(
    refs.keys(),
    (i) => `${refs[i]!.imohash ?? refs[i]!.path} ${refs[i]!.byteSize}`,
  );
  for (const indices of byContent.values()) {
    const candidates = await readCandidates(db, refs[indices[0]!]!);
    const pairs = indices
      .flatMap((i) =>
        candidates.map((candidate) => ({ i, candidate, likeness: likeness(refs[i]!, candidate) })),
      )
      .toSorted((one, other) => other.likeness - one.likeness || one.i - other.i);
    const taken = new Set<number>();
    for (const { i, candidate } of pairs) {
      if (found[i] !== undefined || taken.has(candidate.id)) continue;
      found[i] = candidate.id;
      taken.add(candidate.id);
    }
  }
  return found;
}

async function readCandidates(
  db: Kysely<Schema>,
  { imohash, byteSize, path }: PhotoRef,
): Promise<readonly Candidate[]> {
  return db
    .selectFrom("photos")
    .select(["id", "path", "missingSince"])
    .where((eb) =>
      imohash === null
        ? eb("path", "=", path)
        : eb.and([eb("imohash", "=", imohash), eb("byteSize", "=", byteSize)]),
    )
    .orderBy("missingSince", (order) => order.asc().nullsFirst())
    .orderBy("id")
    .execute();
}

/** How many names the paths have in common from their ends, the same path above all. */
function likeness({ path: wanted }: PhotoRef, { path }: Candidate): number {
  if (path === wanted) return Infinity;
  const [own, other] = [path, wanted].map((one) => one.split(/[\\/]/).toReversed()) as [string[], string[]];
  const differing = own.findIndex((name, i) => name !== other[i]);
  return differing === -1 ? own.length : differing;
}
