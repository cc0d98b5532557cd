import { SUGGESTION_KINDS, type SuggestionKind } from "../../core/search-vocabulary.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { TagStore } from "../../database/tag-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import { rememberFor } from "./remember-for.ts";

/** Counts over the whole library may be this old: at 100,000 photos they take 30 to 180 ms, for every key typed. */
const FRESH_MS = 15_000;

/** Tags offered before anything is typed. */
const MAX_TAGS = 50;

/** A completion and on how many photos it is. */
export interface Suggestion {
  readonly kind: SuggestionKind;
  readonly value: string;
  readonly count: number;
}

export interface SuggestOptions {
  readonly tags: TagStore;
  readonly persons: Pick<PersonStore, "suggest">;
  readonly photos: PhotoStore;
  readonly textIndex: TextIndex;
}

const startsLike = (value: string, prefix: string) =>
  value
    .toLowerCase()
    .split(/[\s/\\._-]+/)
    .some((word) => word.startsWith(prefix)) || value.toLowerCase().startsWith(prefix);

/** Completions of what a person began to type, of all kinds or some, most frequent first within a kind. */
export function createSuggest({ tags, persons, photos, textIndex }: SuggestOptions) {
  const readCameras = rememberFor(FRESH_MS, () => photos.cameras());
  const readCategories = rememberFor(FRESH_MS, () => tags.categories());
  const readTags = rememberFor(FRESH_MS, () => tags.suggest("", MAX_TAGS));

  return async function suggest(
    text: string,
    limit: number,
    kinds: readonly SuggestionKind[] = SUGGESTION_KINDS,
  ) {
    const prefix = text.trim().toLowerCase();
    const sources: Readonly<Record<SuggestionKind, () => Promise<Suggestion[]>>> = {
      tag: async () =>
        (await (prefix === "" ? readTags() : tags.suggest(prefix, limit))).slice(0, limit).map((tag) => ({
          kind: "tag",
          value: tag.name,
          count: tag.photos,
        })),
      person: async () =>
        (await persons.suggest(prefix, limit)).map((person) => ({
          kind: "person",
          value: person.name,
          count: person.photos,
        })),
      category: async () =>
        (await readCategories())
          .filter(({ name, photos: count }) => count > 0 && startsLike(name, prefix))
          .map(({ name, photos: count }) => ({ kind: "category" as const, value: name, count }))
          .toSorted((a, b) => b.count - a.count),
      camera: async () =>
        (await readCameras())
          .filter(({ camera }) => startsLike(camera, prefix))
          .map(({ camera, photos: count }) => ({ kind: "camera", value: camera, count })),
      word: async () =>
        prefix === ""
          ? []
          : (await textIndex.suggest(prefix, limit)).map((word) => ({
              kind: "word",
              value: word.word,
              count: word.photos,
            })),
    };
    const found = await Promise.all(kinds.map((kind) => sources[kind]()));
    return interleave(found, limit);
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
