import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { ObjectStore } from "../../database/object-store.ts";
import type { PhotoSet } from "../../database/photo-set.ts";
import { Bitmap } from "../../database/vector-index/bitmap.ts";
import type { TextEmbedding } from "../analyser/analyser-protocol.ts";
import type { JudgedObject } from "./explain-hits.ts";
import { searchObjects } from "./object-meaning.ts";
import type { PhotoVectors } from "./photo-vectors.ts";
import { isEncoderFailure, isModelMissing, type QueryEncoder } from "./query-encoder.ts";
import type { JudgedMatch, Trust } from "./trust.ts";

/** Photos that searching by meaning offers at most: the tail of an embedding's neighbours means nothing. */
const MEANING_DEPTH = 200;

export type SearchMode = "hybrid" | "keyword" | "semantic";

/** Photos that a query may find. */
export interface Passing {
  readonly among: PhotoSet;
  /** A filter that lets just these pass. */
  readonly filter: PhotoFilter;
}

/** What a query finds by meaning. */
export interface Meaning {
  /** Those that chance does not explain. */
  readonly matches: readonly JudgedMatch[];
  readonly objects: readonly JudgedObject[];
  readonly notice?: string;
  readonly isAvailable: boolean;
}
const NOTHING_MEANT = { matches: [], objects: [], isAvailable: true };

export interface SearchMeaningOptions {
  readonly objects: ObjectStore;
  /** Of whole photos. */
  readonly vectors: PhotoVectors;
  readonly objectVectors: PhotoVectors;
  readonly encoder: Pick<QueryEncoder, "encode">;
  readonly trust: Pick<Trust, "judge">;
}

/**
 * Finds photos by what they, and the objects in them, look like. The text is encoded while it is found out which photos may be
 * found. A model that is missing or fails is told in a notice, except where meaning alone was asked for and the model failed.
 */
export function createSearchMeaning({
  objects,
  vectors,
  objectVectors,
  encoder,
  trust,
}: SearchMeaningOptions) {
  async function searchMeaning(
    { text, mode }: { readonly text: string; readonly mode: SearchMode },
    passing: Promise<Passing>,
  ): Promise<Meaning> {
    if (mode === "keyword") return NOTHING_MEANT;
    try {
      const [query, { among, filter }] = await Promise.all([encoder.encode(text), passing]);
      const [matches, things] = await Promise.all([
        findNearest(text, query, among),
        findNearestObjects(query, filter),
      ]);
      if (matches === undefined) return { ...NOTHING_MEANT, notice: NOTHING_EMBEDDED };
      const isComplete = vectors.isComplete();
      return {
        matches,
        objects: things,
        isAvailable: true,
        ...(isComplete ? {} : { notice: STILL_LOADING }),
      };
    } catch (error) {
      const notice = explainAbsence(error, mode);
      if (notice === undefined) throw error;
      return { ...NOTHING_MEANT, isAvailable: false, notice };
    }
  }

  /** Undefined when no photo can be compared with the query. */
  async function findNearest(text: string, first: TextEmbedding, among: PhotoSet) {
    return vectors.use(async (index) => {
      // Another model may have taken over while the text was encoded: embeddings of two models are never compared.
      const { modelId, embedding } = first.modelId === index?.modelId ? first : await encoder.encode(text);
      if (index?.modelId !== modelId) return undefined;
      const allowed = Bitmap.fromWords(among.words);
      const nearest = await index.search(embedding, { limit: MEANING_DEPTH, allowed });
      const judged = await trust.judge({ modelId, embedding }, nearest, index);
      return judged.filter(({ section }) => section !== undefined);
    });
  }

  /** Photos by the objects in them; none while another model's objects are in the index. */
  async function findNearestObjects(
    query: TextEmbedding,
    filter: PhotoFilter,
  ): Promise<readonly JudgedObject[]> {
    return objectVectors.use(async (index) => {
      if (index?.modelId !== query.modelId) return [];
      const nearest = await searchObjects(query.embedding, { objects, index, filter, limit: MEANING_DEPTH });
      const matches = nearest.map(({ object, similarity }) => ({ id: object.id, similarity }));
      const judged = await trust.judge(query, matches, index, "object");
      const sections = new Map(judged.map((match) => [match.id, match]));
      return nearest.flatMap((match) => {
        const verdict = sections.get(match.object.id);
        return verdict?.section === undefined ? [] : [{ ...verdict, ...match }];
      });
    });
  }

  return searchMeaning;
}

const NO_MEANING = "so photos cannot be searched by meaning.";
const ONLY_WORDS = "so only words were searched.";
const ENCODER_FAILED = "The text-image model failed just now, so only words were searched.";
const NOTHING_EMBEDDED = "No photo has been analysed by the text-image model yet.";
const STILL_LOADING = "The index of meanings is still being loaded; more photos may match in a moment.";

/** What to tell when meaning could not be searched; undefined where that must be an error. */
function explainAbsence(error: unknown, mode: SearchMode): string | undefined {
  if (isModelMissing(error))
    return `${error.message.replace(/\.$/, ",")} ${mode === "semantic" ? NO_MEANING : ONLY_WORDS}`;
  return mode === "hybrid" && isEncoderFailure(error) ? ENCODER_FAILED : undefined;
}
