import { createHash } from "node:crypto";

/** Hex digits of a cluster id. */
const DIGITS = 12;

/**
 * Ids for new clusters that stay what they were: a cluster keeps the id that most of its faces had, as long as they are also
 * most of what was left of that one; a new one gets an id that follows from its first face, so the same faces give the same ids.
 *
 * @param labels - The new cluster of each face, −1 for none.
 * @param formerIds - The id of the cluster in which each face was.
 * @returns By label.
 */
export function nameClusters(
  labels: ArrayLike<number>,
  faceIds: readonly number[],
  formerIds: readonly (string | undefined)[],
): ReadonlyMap<number, string> {
  const members = Map.groupBy(
    faceIds.map((_, i) => i).filter((i) => labels[i]! >= 0),
    (i) => labels[i]!,
  );
  const claims = [...members].flatMap(([label, rows]) => {
    const counts = new Map<string, number>();
    for (const i of rows) {
      const id = formerIds[i];
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return [...counts].map(([id, count]) => ({ label, id, count }));
  });
  const names = new Map<number, string>();
  const taken = new Set<string>();
  for (const { label, id } of claims.toSorted((a, b) => b.count - a.count || a.label - b.label)) {
    if (names.has(label) || taken.has(id)) continue;
    names.set(label, id);
    taken.add(id);
  }
  for (const [label, rows] of members) {
    if (names.has(label)) continue;
    names.set(label, freshId(Math.min(...rows.map((i) => faceIds[i]!)), taken));
  }
  return names;
}

function freshId(firstFaceId: number, taken: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const hash = createHash("sha256").update(`${firstFaceId} ${attempt}`).digest("hex");
    const id = `clu_${hash.slice(0, DIGITS)}`;
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}
