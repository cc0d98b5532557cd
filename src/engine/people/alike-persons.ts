import type { matchPersons, PersonPrototypes } from "../../cluster/match-persons.ts";

/** Two persons who look alike; the lesser id first. */
export interface AlikePair {
  readonly personIds: readonly [string, string];
  /** Cosine similarity of the two. */
  readonly score: number;
}

type Compare = (
  ...task: Parameters<typeof matchPersons>
) => ReturnType<typeof matchPersons> | Promise<ReturnType<typeof matchPersons>>;

/**
 * Pairs of persons who look alike. Among thousands that is a third of a second, and every decision changes somebody: so only
 * whoever looks different from the last time is compared anew.
 *
 * @param compare - See matchPersons; in a thread, where others must not wait.
 */
export function createAlikePersons(compare: Compare) {
  let last = { everybody: NOBODY, minScore: Infinity, pairs: [] as readonly AlikePair[] };
  let turn: Promise<unknown> = Promise.resolve();

  async function update(everybody: PersonPrototypes, minScore: number): Promise<readonly AlikePair[]> {
    const before = minScore < last.minScore ? { everybody: NOBODY, pairs: [] } : last;
    if (before.everybody !== everybody) {
      const unchanged = findUnchanged(before.everybody, everybody);
      const kept = before.pairs.filter(({ personIds }) => personIds.every((id) => unchanged.has(id)));
      const fresh = await findPairs(everybody, unchanged, minScore);
      last = { everybody, minScore, pairs: [...kept, ...fresh] };
    }
    return last.pairs.filter(({ score }) => score >= minScore);
  }

  /** Pairs of which at least one is not among the unchanged. */
  async function findPairs(
    everybody: PersonPrototypes,
    unchanged: ReadonlySet<string>,
    minScore: number,
  ): Promise<readonly AlikePair[]> {
    const { personIds, embeddings, dimensions } = everybody;
    const rows = personIds.flatMap((personId, row) => (unchanged.has(personId) ? [] : [row]));
    if (rows.length === 0) return [];
    const looks = new Float32Array(rows.length * dimensions);
    for (const [i, row] of rows.entries())
      looks.set(embeddings.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
    const matches = await compare(looks, everybody, minScore);
    return matches.flatMap((others, i) => {
      const self = personIds[rows[i]!]!;
      return others
        .filter(({ personId }) => (unchanged.has(personId) ? personId !== self : self < personId))
        .map(({ personId, score }): AlikePair => ({
          personIds: self < personId ? [self, personId] : [personId, self],
          score,
        }));
    });
  }

  /** One answer at a time, for each to go on from the last. `everybody`: one row a person. */
  return function findAlike(everybody: PersonPrototypes, minScore: number): Promise<readonly AlikePair[]> {
    const answer = turn.then(() => update(everybody, minScore));
    turn = answer.catch(() => {});
    return answer;
  };
}

const NOBODY: PersonPrototypes = { personIds: [], embeddings: new Float32Array(), dimensions: 0 };

/** Persons who look exactly as before. */
function findUnchanged(before: PersonPrototypes, now: PersonPrototypes): ReadonlySet<string> {
  if (before.dimensions !== now.dimensions) return new Set();
  const { dimensions } = now;
  const rowOf = new Map(before.personIds.map((personId, row) => [personId, row]));
  const isSame = (personId: string, row: number) => {
    const old = rowOf.get(personId);
    if (old === undefined) return false;
    for (let k = 0; k < dimensions; k++)
      if (before.embeddings[old * dimensions + k] !== now.embeddings[row * dimensions + k]) return false;
    return true;
  };
  return new Set(now.personIds.filter(isSame));
}
