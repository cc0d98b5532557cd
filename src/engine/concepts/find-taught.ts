import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Section } from "../../core/search-trust.ts";
import type { Concept, ConceptStore } from "../../database/concepts/concept-store.ts";
import { foldText } from "../../database/fold-text.ts";
import type { PhotoStore } from "../../database/photo-store.ts";

/** Photos that a concept offers to a search at most. */
const DEPTH = 1000;

/** Concepts that are known by name at most; they are read anew when one changes. */
const MAX_CONCEPTS = 1000;

/** A photo that what was taught finds. */
export interface TaughtHit {
  readonly id: number;
  readonly section: Section;
  /** Names of the concepts that found it. */
  readonly names: readonly string[];
}

/** What was taught about the words of a query. */
export interface TaughtAnswer {
  /** Best first. */
  readonly hits: readonly TaughtHit[];
  /** Photos of which the user said that the query does not mean them. */
  readonly refused: ReadonlySet<number>;
  /** Whether the query itself was taught and learnt: what its words mean by themselves is out of date then. */
  readonly isLearnt: boolean;
}

const NOTHING: TaughtAnswer = { hits: [], refused: new Set(), isLearnt: false };

/** Looks up what was taught. */
export interface FindTaught {
  (text: string, filter: PhotoFilter): Promise<TaughtAnswer>;
  /** A concept has changed. */
  forget(): void;
}

/**
 * Photos by the concepts that a query names, or by the query itself where it was taught. A name counts where all its words
 * stand in the query one after the other; case and diacritics do not matter.
 */
export function createFindTaught(options: {
  readonly store: Pick<ConceptStore, "list" | "photosOf" | "examplesOf">;
  readonly photos: Pick<PhotoStore, "listIds">;
}): FindTaught {
  const { store, photos } = options;
  let known: Promise<readonly (Concept & { readonly key: string })[]> | undefined;

  function readConcepts() {
    known ??= store
      .list({ limit: MAX_CONCEPTS, offset: 0 })
      .then((all) => all.map((concept) => ({ ...concept, key: toKey(concept.name) })));
    known.catch(() => {
      known = undefined;
    });
    return known;
  }

  async function findTaught(text: string, filter: PhotoFilter): Promise<TaughtAnswer> {
    const key = toKey(text);
    const meant = (await readConcepts()).filter((concept) =>
      concept.kind === "query" ? concept.key === key : key.includes(concept.key),
    );
    if (meant.length === 0) return NOTHING;
    const query = meant.find(({ kind }) => kind === "query");
    const refused = new Set(query && (await store.examplesOf(query.id)).counterexamples);
    const found = new Map<number, { score: number; section: Section; names: string[] }>();
    for (const { id, name } of meant) {
      for (const { photoId, score, section } of await store.photosOf(id, { limit: DEPTH, offset: 0 })) {
        const former = found.get(photoId);
        if (former === undefined || former.score < score)
          found.set(photoId, { score, section, names: [...(former?.names ?? []), name] });
        else former.names.push(name);
      }
    }
    const ids = [...found.keys()].filter((id) => !refused.has(id));
    const passing = new Set(await photos.listIds({ ...filter, ids: narrow(filter.ids, ids) }));
    const hits = ids
      .filter((id) => passing.has(id))
      .map((id) => ({ id, ...found.get(id)! }))
      .toSorted((a, b) => b.score - a.score || a.id - b.id);
    return {
      hits: hits.map(({ id, section, names }) => ({ id, section, names })),
      refused,
      isLearnt: query?.modelId !== undefined,
    };
  }

  return Object.assign(findTaught, {
    forget() {
      known = undefined;
    },
  });
}

/** The words with a space on either side of each, so that a name is found as whole words only. */
function toKey(text: string): string {
  return ` ${
    foldText(text)
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(" ") ?? ""
  } `;
}

function narrow(wanted: readonly number[] | undefined, ids: readonly number[]): readonly number[] {
  if (wanted === undefined) return ids;
  const allowed = new Set(wanted);
  return ids.filter((id) => allowed.has(id));
}
