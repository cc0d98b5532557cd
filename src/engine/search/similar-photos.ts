import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { Box } from "../../core/geometry.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { Section, Verdict } from "../../core/search-trust.ts";
import type { BackgroundStore } from "../../database/background-store.ts";
import type { ConceptStore } from "../../database/concepts/concept-store.ts";
import type { FingerprintStore, NearPhoto } from "../../database/fingerprint-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import { Bitmap } from "../../database/vector-index/bitmap.ts";
import type { VectorIndex, VectorMatch } from "../../database/vector-index/vector-index.ts";
import { chanceOf, combineTerms, type EncodedTerm } from "../../rank/combine-terms.ts";
import { sectionOfDistinction } from "../../rank/query-distinction.ts";
import { inSections, sectionOf } from "../../rank/sections.ts";
import type { TextEmbedding } from "../analyser/analyser-protocol.ts";
import type { PhotoVectors } from "./photo-vectors.ts";
import { isModelMissing, type QueryEncoder } from "./query-encoder.ts";
import type { Trust } from "./trust.ts";

/** One part of what photos are to be like; a weight below 0 means less of it. */
export type SimilarTerm =
  | {
      readonly kind: "photo";
      readonly photoId: number;
      readonly normalizedBox?: Box | undefined;
      readonly weight: number;
    }
  | {
      readonly kind: "picture";
      readonly path: string;
      readonly normalizedBox?: Box | undefined;
      readonly weight: number;
    }
  | { readonly kind: "text"; readonly text: string; readonly weight: number }
  | { readonly kind: "concept"; readonly conceptId: string; readonly weight: number };

/** What photos are to be like. */
export interface SimilarQuery {
  readonly terms: readonly SimilarTerm[];
  readonly filter: PhotoFilter;
  /** Least similarity, in the place of what is calibrated; what is below that is `maybe`. */
  readonly minSimilarity?: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** A photo like what was given. */
export interface SimilarPhoto {
  readonly photo: Photo;
  /** 0–1: cosine similarity, or the share of equal PDQ bits. */
  readonly similarity: number;
  readonly section: Section;
}

export interface SimilarAnswer {
  readonly photos: readonly SimilarPhoto[];
  readonly total: number;
  readonly sections: Readonly<Record<Section, number>>;
  readonly verdict: Verdict;
  /** By embedding, or by perceptual hash where the picture has no embedding. */
  readonly method: "meaning" | "looks";
  readonly modelId?: string;
  readonly notice?: string;
}

export interface SimilarOptions {
  readonly photos: PhotoStore;
  readonly fingerprints: FingerprintStore;
  readonly vectors: PhotoVectors;
  readonly encoder: Pick<QueryEncoder, "encode" | "encodeImage">;
  readonly trust: Trust;
  readonly backgrounds: Pick<BackgroundStore, "drawPhotos">;
  readonly concepts: Pick<ConceptStore, "get" | "directions">;
  /** PDQ of a picture, 64 hex digits; undefined for one without structure. */
  readonly hashPicture: (path: string) => Promise<string | undefined>;
}

/**
 * PDQ distance up to which two pictures look alike at all, of 256 bits: 31 is the published threshold for copies; twice
 * that still keeps unrelated photos (90 and more) far away.
 */
const LOOKS_ALIKE_BITS = 62;
const COPY_BITS = 31;

/** Photos that are ranked at most. */
const DEPTH = 1000;

/** Photos drawn to see what chance gives for several terms together. */
const DRAWN = 200;

/** In a library with fewer photos chance is taken to spread as it usually does. */
const MIN_DRAWN = 30;
const USUAL_SPREAD = 0.08;
const MIN_SPREAD = 0.02;

const NO_EMBEDDING =
  "No text-image model has looked at this photo yet, so only pictures that look almost the same were found.";
const NO_MODEL =
  "No text-image model is installed, so only pictures that look almost the same were found. `keepsight models list` shows what can be added.";

/** What a direction finds, nearest first. */
interface FoundMatches {
  readonly direction: Float32Array;
  readonly index: VectorIndex;
  readonly matches: readonly VectorMatch[];
}

/**
 * Finds photos like others, like a part of one, like a picture that is sent, and with more or less of some words. `not_found`
 * for unknown photos and concepts, `model_missing` where words, parts and sums are asked for and no text-image model is there.
 */
export function createSimilarPhotos(options: SimilarOptions) {
  const { photos, fingerprints, vectors, encoder, trust, backgrounds, concepts } = options;

  async function getPhoto(photoId: number): Promise<Photo> {
    const photo = await photos.get(photoId);
    if (photo !== undefined && photo.hiddenAt === undefined) return photo;
    throw new KeepsightError("not_found", `There is no photo ${photoId} in the library.`);
  }

  /** The embedding of a term by the model of the index; undefined where none has looked at the photo. */
  async function encodeTerm(term: SimilarTerm, index: VectorIndex): Promise<EncodedTerm | undefined> {
    const { weight } = term;
    switch (term.kind) {
      case "photo": {
        const photo = await getPhoto(term.photoId);
        if (term.normalizedBox === undefined) {
          const direction = index.get(photo.id);
          return direction && { kind: "picture", direction, weight };
        }
        const encoded = await encoder.encodeImage(photo.path, term.normalizedBox);
        return { kind: "picture", direction: ofModel(encoded, index), weight };
      }
      case "picture": {
        const encoded = await encoder.encodeImage(term.path, term.normalizedBox);
        return { kind: "picture", direction: ofModel(encoded, index), weight };
      }
      case "text": {
        const encoded = await encoder.encode(term.text);
        ofModel(encoded, index);
        return { kind: "text", direction: await trust.directionOf(encoded), weight };
      }
      case "concept": {
        const learnt = (await concepts.directions(index.modelId)).find(
          ({ conceptId }) => conceptId === term.conceptId,
        );
        if (learnt !== undefined) return { kind: "picture", direction: learnt.direction, weight };
        const concept = await concepts.get(term.conceptId);
        if (concept === undefined)
          throw new KeepsightError("not_found", `There is no concept ${term.conceptId}.`);
        throw new KeepsightError(
          "conflict",
          `The concept "${concept.name}" has not been learnt yet: it needs examples.`,
        );
      }
    }
  }

  async function findByMeaning(query: SimilarQuery, index: VectorIndex): Promise<SimilarAnswer | undefined> {
    const encoded = await Promise.all(query.terms.map((term) => encodeTerm(term, index)));
    const terms = encoded.filter((term) => term !== undefined);
    if (terms.length < encoded.length) {
      if (encoded.length === 1) return undefined;
      throw new KeepsightError("conflict", "The text-image model has not looked at one of these photos yet.");
    }
    const spreads = await trust.spreads(index.modelId);
    const direction = combineTerms(terms, { picture: spreads.photo.spread, text: spreads.text.spread });
    const given = givenPhotos(query.terms);
    const { words } = await photos.findPassing(query.filter);
    const allowed = Bitmap.fromWords(words);
    const nearest = await index.search(direction, { limit: DEPTH + given.size, allowed });
    const others = nearest.filter(({ id }) => !given.has(id));
    const toSection = await judgeBy(query, { direction, index, matches: others });
    const { photos: page, ...rest } = await toPage(query, others, toSection);
    return { photos: page, ...rest, method: "meaning", modelId: index.modelId };
  }

  async function judgeBy(
    { terms, minSimilarity }: SimilarQuery,
    found: FoundMatches,
  ): Promise<(match: VectorMatch) => Section | undefined> {
    const judge = await chooseJudge(terms, found);
    if (minSimilarity === undefined) return judge;
    return (match) => (match.similarity >= minSimilarity ? (judge(match) ?? "maybe") : undefined);
  }

  /** Like two photos where only a picture was given, like a search where only a text was, else by what chance gives for the sum. */
  async function chooseJudge(
    [first, ...others]: readonly SimilarTerm[],
    { direction, index, matches }: FoundMatches,
  ): Promise<(match: VectorMatch) => Section | undefined> {
    const isLone = others.length === 0 && first!.weight > 0;
    if (isLone && (first!.kind === "photo" || first!.kind === "picture")) {
      const cutoffs = await trust.cutoffs(index.modelId);
      return ({ similarity }) => sectionOf(similarity, cutoffs);
    }
    if (isLone && first!.kind === "text") {
      const judged = await trust.judge(await encoder.encode(first!.text), matches, index);
      const sections = new Map(judged.map(({ id, section }) => [id, section]));
      return ({ id }) => sections.get(id);
    }
    const drawn = await backgrounds.drawPhotos(index.modelId, DRAWN);
    const embeddings = drawn.map(({ embedding }) => embedding);
    const { median, spread } = chanceOf(direction, embeddings);
    const unit = drawn.length < MIN_DRAWN ? USUAL_SPREAD : Math.max(spread, MIN_SPREAD);
    return ({ similarity }) => sectionOfDistinction((similarity - median) / unit, index.size);
  }

  async function findLookalikes(query: SimilarQuery, reason: string): Promise<SimilarAnswer> {
    const [term] = query.terms;
    const near = await readNear(term!);
    const passing = new Set(
      await photos.listIds({ ...query.filter, ids: near.map(({ photoId }) => photoId) }),
    );
    const matches = near
      .filter(({ photoId }) => passing.has(photoId))
      .map(({ photoId, distance }) => ({ id: photoId, similarity: 1 - distance / 256 }));
    const least = query.minSimilarity ?? 0;
    const page = await toPage(query, matches, ({ similarity }) => {
      if (similarity < least) return undefined;
      return similarity >= 1 - COPY_BITS / 256 ? "strong" : "maybe";
    });
    return { ...page, method: "looks", notice: reason };
  }

  async function readNear(term: SimilarTerm): Promise<readonly NearPhoto[]> {
    if (term.kind === "photo") return fingerprints.findNear(term.photoId, LOOKS_ALIKE_BITS, DEPTH);
    const pdq = term.kind === "picture" ? await options.hashPicture(term.path) : undefined;
    return pdq === undefined ? [] : fingerprints.findNearHash(pdq, LOOKS_ALIKE_BITS, DEPTH);
  }

  async function toPage(
    { limit, offset }: SimilarQuery,
    matches: readonly VectorMatch[],
    toSection: (match: VectorMatch) => Section | undefined,
  ) {
    const { entries, counts, verdict } = inSections(matches, toSection);
    const page = entries.slice(offset, offset + limit);
    const photoById = new Map(
      (await photos.getMany(page.map(({ id }) => id))).map((photo) => [photo.id, photo]),
    );
    const found = page.flatMap((match): SimilarPhoto[] => {
      const photo = photoById.get(match.id);
      return photo === undefined
        ? []
        : [{ photo, similarity: match.similarity, section: toSection(match) ?? "maybe" }];
    });
    return { photos: found, total: entries.length, sections: counts, verdict };
  }

  async function find(query: SimilarQuery): Promise<SimilarAnswer> {
    for (const term of query.terms) if (term.kind === "photo") await getPhoto(term.photoId);
    const [term] = query.terms;
    const isWholePicture =
      query.terms.length === 1 &&
      (term?.kind === "photo" || term?.kind === "picture") &&
      term.normalizedBox === undefined;
    try {
      const answer = await vectors.use(async (index) =>
        index === undefined ? undefined : findByMeaning(query, index),
      );
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!isWholePicture || !isModelMissing(error)) throw error;
      return findLookalikes(query, NO_MODEL);
    }
    if (isWholePicture) return findLookalikes(query, NO_EMBEDDING);
    throw new KeepsightError(
      "model_missing",
      "Words, parts of pictures and sums need a text-image model that has looked at the photos; `keepsight models list` shows what can be added.",
    );
  }

  return { find };
}

export type SimilarPhotos = ReturnType<typeof createSimilarPhotos>;

/** Photos of which the answer is to hold others. */
function givenPhotos(terms: readonly SimilarTerm[]): ReadonlySet<number> {
  return new Set(terms.flatMap((term) => (term.kind === "photo" ? [term.photoId] : [])));
}

/** Throws `unavailable` where another model encodes than the one whose embeddings are compared. */
function ofModel({ modelId, embedding }: TextEmbedding, index: VectorIndex): Float32Array {
  if (modelId === index.modelId) return embedding;
  throw new KeepsightError("unavailable", "The text-image model is being changed; try again in a moment.");
}
