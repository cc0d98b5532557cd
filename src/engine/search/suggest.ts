import { SUGGESTION_KINDS, type SuggestionKind } from "../../core/search-vocabulary.ts";
import { foldText } from "../../database/fold-text.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { SavedSearchStore } from "../../database/saved-search-store.ts";
import type { CountedName } from "../../database/suggestion-names.ts";
import type { TextIndex } from "../../database/text-index.ts";
import { quoteValue } from "../../query/parsed-query.ts";
import { rememberAffordably } from "./remember-affordably.ts";
import type { UnderstandQuery } from "./understand-query.ts";

/** A completion and on how many photos it is. */
export interface Suggestion {
  readonly kind: SuggestionKind;
  readonly value: string;
  readonly count: number;
  /** As the query language writes it. */
  readonly operator: string;
  /** A face to show beside a person's name. */
  readonly faceId?: number;
  /** The query string of a saved search. */
  readonly query?: string;
}

export interface SuggestOptions {
  /** Names and their counts, read once for everybody; most frequent first. */
  readonly readNames: () => Promise<readonly CountedName[]>;
  readonly savedSearches: Pick<SavedSearchStore, "suggest">;
  readonly photos: Pick<PhotoStore, "dayBuckets">;
  readonly textIndex: Pick<TextIndex, "suggest">;
  readonly understand: UnderstandQuery;
}

/** One letter of an alphabet begins a tenth of all words: counting these takes longer than typing the next. */
const TOO_SHORT = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}\p{P}]?$/u;

/** Operators of the query language by kind of name. */
const OPERATORS: Readonly<Record<CountedName["kind"], string>> = {
  tag: "tag",
  person: "person",
  place: "near",
  category: "category",
  concept: "concept",
  object: "class",
  camera: "camera",
};

/** A name with the beginnings by which it is found. */
interface IndexedName {
  readonly name: CountedName;
  readonly key: string;
  readonly words: readonly string[];
}

type NamesByKind = ReadonlyMap<CountedName["kind"], readonly IndexedName[]>;

function indexNames(names: readonly CountedName[]): NamesByKind {
  const indexed = names.map((name) => {
    const key = foldText(name.name);
    return { name, key, words: key.split(/[\s/\\._-]+/) };
  });
  return Map.groupBy(indexed, ({ name }) => name.kind);
}

function toSuggestion({ kind, name, photos, faceId }: CountedName): Suggestion {
  return {
    kind,
    value: name,
    count: photos,
    operator: `${OPERATORS[kind]}:${quoteValue(name)}`,
    ...(faceId === null ? {} : { faceId }),
  };
}

/** Names that begin like this, or have a word that does; most frequent first. */
function findNames(
  names: NamesByKind,
  kind: CountedName["kind"],
  prefix: string,
  limit: number,
): Suggestion[] {
  const start = foldText(prefix);
  const found: Suggestion[] = [];
  for (const { name, key, words } of names.get(kind) ?? []) {
    if (found.length >= limit) break;
    if (key.startsWith(start) || words.some((word) => word.startsWith(start))) found.push(toSuggestion(name));
  }
  return found;
}

type Sources = Readonly<
  Record<
    Exclude<SuggestionKind, CountedName["kind"]>,
    (prefix: string, limit: number) => Promise<Suggestion[]>
  >
>;

function createSources({ savedSearches, photos, textIndex, understand }: SuggestOptions): Sources {
  const readDays = rememberAffordably(() => photos.dayBuckets({}));
  return {
    date: async (prefix) => {
      if (prefix === "") return [];
      const { chips, text } = await understand(prefix);
      const [chip, ...more] = chips;
      if (chip?.kind !== "date" || more.length > 0 || text !== "") return [];
      const [from = "", to = from] = chip.value.split("..");
      const days = (await readDays()).filter(({ day }) => day >= from && day <= to);
      const count = days.reduce((sum, day) => sum + day.count, 0);
      return [{ kind: "date", value: prefix, count, operator: `date:${chip.value}` }];
    },
    search: async (prefix, limit) =>
      (await savedSearches.suggest(prefix, limit)).map(({ name, query }) => ({
        kind: "search",
        value: name,
        count: 0,
        operator: new URLSearchParams(query).get("q") ?? "",
        query,
      })),
    word: async (prefix, limit) =>
      TOO_SHORT.test(prefix)
        ? []
        : (await textIndex.suggest(prefix, limit)).map(({ word, photos: count }) => ({
            kind: "word",
            value: word,
            count,
            operator: quoteValue(word),
          })),
  };
}

const isSource = (kind: SuggestionKind): kind is keyof Sources =>
  kind === "date" || kind === "search" || kind === "word";

/** Completions of what a person began to type, of all kinds or some, most frequent first within a kind. */
export function createSuggest(options: SuggestOptions) {
  const sources = createSources(options);
  /** The latest names, indexed once. */
  let indexed: { readonly from: readonly CountedName[]; readonly names: NamesByKind } | undefined;
  async function readNames(): Promise<NamesByKind> {
    const from = await options.readNames();
    if (indexed?.from !== from) indexed = { from, names: indexNames(from) };
    return indexed.names;
  }
  return async function suggest(
    text: string,
    limit: number,
    kinds: readonly SuggestionKind[] = SUGGESTION_KINDS,
  ) {
    const prefix = text.trim().toLowerCase();
    const names = await readNames();
    const lists = kinds.map(async (kind) =>
      isSource(kind) ? sources[kind](prefix, limit) : findNames(names, kind, prefix, limit),
    );
    return interleave(await Promise.all(lists), limit);
  };
}

/** Takes the best of each list in turn, so that no kind crowds out the others. */
function interleave(lists: readonly Suggestion[][], limit: number): Suggestion[] {
  const merged: Suggestion[] = [];
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let i = 0; i < longest; i++) {
    for (const list of lists) if (i < list.length) merged.push(list[i]!);
  }
  return merged.slice(0, limit);
}

export type Suggest = ReturnType<typeof createSuggest>;
