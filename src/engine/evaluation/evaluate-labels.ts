import { ndcgAt, recallAt, reciprocalRank } from "../../rank/metrics.ts";
import type { LabelKind, LabelledQuery } from "./labels.ts";

/** Photos by their paths, best first where there is an order. */
export interface Finders {
  /** What the search box finds, whatever found it. */
  search(text: string, mode: "hybrid" | "keyword"): Promise<readonly string[]>;
  /** What an object class, a query string of filters or a person leaves. */
  list(by: "object" | "filter" | "person", value: string): Promise<readonly string[]>;
  /** Groups of copies. */
  groups(): Promise<readonly (readonly string[])[]>;
}

/** How one question was answered; shares are 0 to 1. */
export interface QueryScore {
  readonly query: string;
  readonly relevant: number;
  readonly found: number;
  readonly precision: number;
  readonly recall: number;
  readonly ndcg: number;
  readonly reciprocalRank: number;
}

/** The answers to all questions, means over them; questions without an answer count by whether nothing was found. */
export interface LabelScores extends Omit<QueryScore, "query" | "relevant" | "found"> {
  readonly queries: readonly QueryScore[];
  /** Questions to which nothing should be found, and how many of them found nothing. */
  readonly empty: number;
  readonly rightlyEmpty: number;
  readonly k: number;
}

const FINDERS: Readonly<
  Record<Exclude<LabelKind, "duplicates">, (find: Finders, query: string) => Promise<readonly string[]>>
> = {
  retrieval: (find, query) => find.search(query, "hybrid"),
  text: (find, query) => find.search(query, "keyword"),
  classes: (find, query) => find.list("object", query),
  filters: (find, query) => find.list("filter", query),
  faces: (find, query) => find.list("person", query),
};

/** Asks every question and compares the answers with the labels; recall and nDCG of ranked kinds are those of the first `k`. */
export async function evaluateLabels(
  kind: LabelKind,
  queries: readonly LabelledQuery[],
  find: Finders,
  k: number,
): Promise<LabelScores> {
  const groups = kind === "duplicates" ? await find.groups() : [];
  const isRanked = kind === "retrieval" || kind === "text";
  const scores: QueryScore[] = [];
  for (const { query, relevant } of queries) {
    const paths = kind === "duplicates" ? groupOf(groups, relevant) : await FINDERS[kind](find, query);
    const ranking = paths.map((path) => matchLabel(path, relevant) ?? path);
    const right = ranking.filter((name) => relevant.has(name)).length;
    const depth = isRanked ? k : Math.max(1, ranking.length);
    scores.push({
      query,
      relevant: relevant.size,
      found: ranking.length,
      precision: ranking.length === 0 ? 1 : right / ranking.length,
      recall: recallAt(ranking, relevant, depth),
      ndcg: ndcgAt(ranking, relevant, depth),
      reciprocalRank: reciprocalRank(ranking, relevant),
    });
  }
  return summarise(scores, k);
}

/** The group with most of these photos. */
function groupOf(
  groups: readonly (readonly string[])[],
  relevant: ReadonlyMap<string, number>,
): readonly string[] {
  const count = (group: readonly string[]) =>
    group.filter((path) => matchLabel(path, relevant) !== undefined).length;
  const best = groups.toSorted((a, b) => count(b) - count(a))[0];
  return best === undefined || count(best) === 0 ? [] : best;
}

/** The label that names a path: its end, whole names only. */
function matchLabel(path: string, relevant: ReadonlyMap<string, number>): string | undefined {
  const parts = path.split(/[\\/]/);
  for (let i = parts.length - 1; i >= 0; i--) {
    const end = parts.slice(i).join("/");
    if (relevant.has(end)) return end;
  }
  return relevant.has(path) ? path : undefined;
}

function summarise(queries: readonly QueryScore[], k: number): LabelScores {
  const asked = queries.filter(({ relevant }) => relevant > 0);
  const empty = queries.filter(({ relevant }) => relevant === 0);
  const mean = (of: (score: QueryScore) => number) =>
    asked.length === 0 ? 0 : asked.reduce((sum, score) => sum + of(score), 0) / asked.length;
  // A class that was found nowhere has no precision.
  const answered = asked.filter(({ found }) => found > 0);
  return {
    queries,
    k,
    precision:
      answered.length === 0
        ? 0
        : answered.reduce((sum, { precision }) => sum + precision, 0) / answered.length,
    recall: mean(({ recall }) => recall),
    ndcg: mean(({ ndcg }) => ndcg),
    reciprocalRank: mean((score) => score.reciprocalRank),
    empty: empty.length,
    rightlyEmpty: empty.filter(({ found }) => found === 0).length,
  };
}
