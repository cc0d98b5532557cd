import { type Section, SECTIONS, type Verdict } from "../core/search-trust.ts";
import type { Spread } from "../math/quantile.ts";

/** What two pictures' similarities mean: where chance ends and where certainty begins. */
export interface SimilarityCutoffs {
  readonly maybe: number;
  readonly strong: number;
}

/** Pairs of photos below which nothing is known of a library yet. */
const MIN_PAIRS = 300;

/** What models of the CLIP family give for two photos that have nothing in common. */
const USUAL: Spread = { median: 0.5, spread: 0.08 };

/** Standard deviations above what two photos drawn at random have in common. */
const STRONG_DEVIATIONS = 5;
const MAYBE_DEVIATIONS = 3;

/** Two pictures more alike than this show the same, whatever the rest of the library looks like. */
const SURELY_ALIKE = 0.95;

const MIN_SPREAD = 0.02;

/** Cut-offs for the similarity of two photos, from pairs of photos drawn at random; the usual ones where these are too few. */
export function photoCutoffs(pairs: Spread, pairCount: number): SimilarityCutoffs {
  const { median, spread } = pairCount < MIN_PAIRS ? USUAL : pairs;
  const at = (deviations: number) =>
    Math.min(SURELY_ALIKE, median + deviations * Math.max(spread, MIN_SPREAD));
  return { maybe: Math.min(at(MAYBE_DEVIATIONS), SURELY_ALIKE - MIN_SPREAD), strong: at(STRONG_DEVIATIONS) };
}

/** The section of a similarity; undefined below both cut-offs. */
export function sectionOf(similarity: number, { maybe, strong }: SimilarityCutoffs): Section | undefined {
  if (similarity >= strong) return "strong";
  return similarity >= maybe ? "maybe" : undefined;
}

/** The better of two sections, either of which may be missing. */
export function betterSection(one: Section | undefined, other: Section | undefined): Section | undefined {
  return one === "strong" || other === "strong" ? "strong" : (one ?? other);
}

/** Entries of both sections in their order, the strong ones first; those without a section are left out. */
export function inSections<T>(
  entries: readonly T[],
  toSection: (entry: T) => Section | undefined,
): {
  readonly entries: readonly T[];
  readonly counts: Readonly<Record<Section, number>>;
  readonly verdict: Verdict;
} {
  const groups = Map.groupBy(entries, toSection);
  const [strong, maybe] = SECTIONS.map((section) => groups.get(section) ?? []) as [T[], T[]];
  return {
    entries: [...strong, ...maybe],
    counts: { strong: strong.length, maybe: maybe.length },
    verdict: strong.length > 0 ? "strong" : maybe.length > 0 ? "maybe" : "nothing",
  };
}
