import { setImmediate } from "node:timers/promises";
import type { Section } from "../../core/search-trust.ts";
import type { BackgroundStore, SimilarityBackground } from "../../database/background-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { VectorIndex, VectorMatch } from "../../database/vector-index/vector-index.ts";
import { type Spread, spreadOf } from "../../math/quantile.ts";
import { dotProduct } from "../../math/vector.ts";
import {
  backgroundOf,
  createTextBackground,
  distinction,
  queryDirection,
  sectionOfDistinction,
  type TextBackground,
} from "../../rank/query-distinction.ts";
import { photoCutoffs, type SimilarityCutoffs } from "../../rank/sections.ts";
import { TAG_VOCABULARY } from "../../vision/tag/tag-vocabulary.ts";
import type { TextEmbedding } from "../analyser/analyser-protocol.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import { isModelMissing } from "./query-encoder.ts";

/** Kind of the job that measures what similarities mean. */
export const TRUST_JOB = "search.trust";

/**
 * Texts of the background: enough for a 90th percentile, and read once a model (a text costs up to 0.1 s). Taken evenly from
 * the vocabulary, so that they speak of everything.
 */
const TEXTS = 64;

/** Photos that are drawn: 45,000 pairs of them. */
const PHOTOS = 300;

/** The library is drawn from again when it has grown by so much, since what is usual in it may have changed. */
const GROWTH = 1.25;

/** While fewer than this have come, the library is not looked at again. */
const LEAST_GROWTH = 16;

/** Photos whose background is remembered: 48 bytes each. */
const REMEMBERED = 200_000;

/** Photos looked at before others get a turn: 64 texts of 512 numbers each cost 25 µs, so 2 ms. */
const SLICE = 64;

/** What models of the CLIP family give, until a model has been measured. */
const USUAL_SPREADS = { text: { median: 0.15, spread: 0.03 }, photo: { median: 0.5, spread: 0.08 } };

/** A match with how far the query stands out from unrelated texts; without a section it is no hit. */
export interface JudgedMatch extends VectorMatch {
  readonly distinction?: number;
  readonly section?: Section | undefined;
}

/** What similarities mean. */
export interface Trust {
  /**
   * What each match of a query text is worth. All are `maybe` and without a distinction until the model's background has been
   * measured. `owner` says whose embeddings are in the index (default: photos').
   */
  judge(
    query: TextEmbedding,
    matches: readonly VectorMatch[],
    index: VectorIndex,
    owner?: "photo" | "object",
  ): Promise<readonly JudgedMatch[]>;
  /** What a text has for itself, or all of it while nothing has been measured; L2-normalised, or all zero. */
  directionOf(query: TextEmbedding): Promise<Float32Array>;
  /** How far similarities with a text and with a photo vary by chance. */
  spreads(modelId: string): Promise<{ readonly text: Spread; readonly photo: Spread }>;
  /** Similarities of two photos from which they are alike. */
  cutoffs(modelId: string): Promise<SimilarityCutoffs>;
  list(): Promise<readonly SimilarityBackground[]>;
  /** Queues the measurement where the model has none, or the library has grown since. */
  refresh(modelId: string): Promise<void>;
  /** Tells how many photos are searched now: {@link Trust.refresh} when they have become many more. */
  onGrown(modelId: string, photos: number): Promise<void>;
  /** A photo's embedding has changed. */
  forget(photoId: number): void;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

export interface TrustOptions {
  readonly store: BackgroundStore;
  readonly jobs: Pick<JobStore, "enqueue">;
  readonly encode: (text: string) => Promise<TextEmbedding>;
  readonly notify: () => void;
}

/** What is kept in memory of one model. */
interface Loaded {
  readonly background: SimilarityBackground;
  readonly texts: TextBackground;
  readonly spreads: Map<number, Spread>;
}

export function createTrust({ store, jobs, encode, notify }: TrustOptions): Trust {
  let loaded: Loaded | undefined;
  /** At so many photos it is time to look at the library again. */
  let next = { modelId: "", photos: 0 };

  async function load(modelId: string): Promise<Loaded | undefined> {
    if (loaded?.background.modelId === modelId) return loaded;
    const background = await store.get(modelId);
    if (background === undefined) return undefined;
    return remember(background);
  }

  function remember(background: SimilarityBackground): Loaded {
    const isSame = loaded?.background.modelId === background.modelId;
    loaded = {
      background,
      texts: createTextBackground(background.texts),
      spreads: isSame ? loaded!.spreads : new Map(),
    };
    return loaded;
  }

  function spreadAt({ texts, spreads }: Loaded, photoId: number, embedding: Float32Array): Spread {
    let spread = spreads.get(photoId);
    if (spread === undefined) {
      spread = backgroundOf(texts, embedding);
      if (spreads.size >= REMEMBERED) spreads.delete(spreads.keys().next().value!);
      spreads.set(photoId, spread);
    }
    return spread;
  }

  /** The texts of the vocabulary, evenly taken, as this model sees them; undefined once another model encodes. */
  async function readTexts(modelId: string, signal: AbortSignal): Promise<Float32Array[] | undefined> {
    const step = TAG_VOCABULARY.length / TEXTS;
    const rows: Float32Array[] = [];
    for (let i = 0; i < TEXTS; i++) {
      signal.throwIfAborted();
      const encoded = await encode(TAG_VOCABULARY[Math.floor(i * step)]!.prompts[0]!);
      if (encoded.modelId !== modelId) return undefined;
      rows.push(encoded.embedding);
    }
    return rows;
  }

  async function measure(modelId: string, signal: AbortSignal): Promise<void> {
    const former = await store.get(modelId);
    const texts = former?.texts ?? (await readTexts(modelId, signal));
    if (texts === undefined || texts.length === 0) return;
    const drawn = (await store.drawPhotos(modelId, PHOTOS)).map(({ embedding }) => embedding);
    const textPairs: number[] = [];
    const photoPairs: number[] = [];
    for (const [i, photo] of drawn.entries()) {
      for (const text of texts) textPairs.push(dotProduct(text, photo));
      for (const other of drawn.slice(0, i)) photoPairs.push(dotProduct(photo, other));
      if (i % SLICE === 0) await setImmediate();
    }
    const background: SimilarityBackground = {
      modelId,
      texts,
      photos: drawn.length,
      photoPairs: photoPairs.length,
      libraryPhotos: await store.countPhotos(modelId),
      text: spreadOf(textPairs),
      photo: spreadOf(photoPairs),
      computedAt: Date.now(),
    };
    await store.save(background);
    if (loaded?.background.modelId === modelId) remember(background);
  }

  async function refresh(modelId: string): Promise<void> {
    const known = await store.get(modelId);
    const size = await store.countPhotos(modelId);
    if (size === 0 || (known !== undefined && size < nextSize(known.libraryPhotos))) return;
    await jobs.enqueue([{ kind: TRUST_JOB, dedupeKey: modelId, payload: { modelId } }]);
    notify();
  }

  return {
    async judge(query, matches, index, owner = "photo") {
      const model = await load(query.modelId);
      if (model === undefined) return matches.map((match) => ({ ...match, section: "maybe" }));
      const direction = queryDirection(model.texts, query.embedding);
      const judged: JudgedMatch[] = [];
      for (const [i, match] of matches.entries()) {
        const embedding = index.get(match.id);
        // Removed since the search.
        if (embedding === undefined) continue;
        const value = distinction(
          direction,
          embedding,
          // Ids of objects and photos are two matters.
          spreadAt(model, owner === "photo" ? match.id : -match.id, embedding),
        );
        judged.push({ ...match, distinction: value, section: sectionOfDistinction(value, index.size) });
        if (i % SLICE === SLICE - 1) await setImmediate();
      }
      return judged;
    },
    async directionOf(query) {
      const model = await load(query.modelId);
      return model === undefined ? query.embedding : queryDirection(model.texts, query.embedding);
    },
    async spreads(modelId) {
      return (await load(modelId))?.background ?? USUAL_SPREADS;
    },
    async cutoffs(modelId) {
      const model = await load(modelId);
      return photoCutoffs(
        model?.background.photo ?? { median: 0, spread: 0 },
        model?.background.photoPairs ?? 0,
      );
    },
    list: () => store.list(),
    refresh,
    async onGrown(modelId, photos) {
      if (modelId === next.modelId && photos < next.photos) return;
      next = { modelId, photos: nextSize(photos) };
      await refresh(modelId);
    },
    forget: (photoId) => void loaded?.spreads.delete(photoId),
    handlers: {
      [TRUST_JOB]: {
        concurrency: 1,
        async run({ payload }, { signal }) {
          try {
            await measure((payload as { modelId: string }).modelId, signal);
          } catch (error) {
            // Removed since: nothing is searched by meaning then.
            if (!isModelMissing(error)) throw error;
          }
        },
      },
    },
  };
}

/** At how many photos a library of that size is looked at again. */
function nextSize(photos: number): number {
  return Math.max(photos * GROWTH, photos + LEAST_GROWTH);
}
