import type { Section } from "../../core/search-trust.ts";
import type { BackgroundStore, DrawnPhoto } from "../../database/background-store.ts";
import type { ConceptPhoto } from "../../database/concepts/concept-photos.ts";
import type { Concept, ConceptStore, StoredDirection } from "../../database/concepts/concept-store.ts";
import type { VectorIndex } from "../../database/vector-index/vector-index.ts";
import { conceptScore, type LearntConcept, learnConcept } from "../../learn/concept.ts";
import { dotProduct } from "../../math/vector.ts";
import { sectionOf } from "../../rank/sections.ts";
import type { TextEmbedding } from "../analyser/analyser-protocol.ts";
import type { PhotoVectors } from "../search/photo-vectors.ts";
import { isEncoderFailure, isModelMissing } from "../search/query-encoder.ts";
import type { Trust } from "../search/trust.ts";

/** Photos of the background: with them learning takes a few milliseconds. */
const BACKGROUND_PHOTOS = 128;

/** A background serves all concepts that are taught within this time, milliseconds. */
const BACKGROUND_MS = 10 * 60_000;

/** Examples, and as many counterexamples, that are learnt from, the latest: the time grows with their square. */
const MAX_EXAMPLES = 60;

/** Photos in which one concept is found at most. */
const MAX_FOUND = 5000;

/** A query of which the user only said what it does not mean is taken to mean the best of what it finds. */
const ASSUMED_EXAMPLES = 5;

/** Photos that are looked through for those. */
const ASSUMED_DEPTH = 50;

export interface LearnConceptsOptions {
  readonly store: ConceptStore;
  readonly backgrounds: Pick<BackgroundStore, "drawPhotos">;
  readonly vectors: Pick<PhotoVectors, "use" | "isComplete">;
  /** Loads all embeddings: a concept is looked for among all photos. */
  readonly loadVectors: () => Promise<void>;
  readonly trust: Pick<Trust, "judge">;
  readonly encode: (text: string) => Promise<TextEmbedding>;
}

/** Learns concepts from their examples and finds them. */
export interface LearnConcepts {
  /**
   * Learns a concept anew and stores where it is found. Gives how many milliseconds learning took, or undefined where there
   * is nothing to learn from: no example, or none that the model in use has looked at.
   */
  learn(concept: Concept): Promise<number | undefined>;
  /** Stores which concepts a photo shows by its embedding. */
  lookAt(photoId: number, modelId: string, embedding: Float32Array): Promise<void>;
  /** What was learnt is read anew: a concept has changed. */
  forget(): void;
}

export function createConceptLearning(options: LearnConceptsOptions): LearnConcepts {
  const { store, backgrounds, vectors, loadVectors, trust, encode } = options;
  let background:
    | { readonly modelId: string; readonly until: number; readonly photos: readonly DrawnPhoto[] }
    | undefined;
  let known:
    | { readonly modelId: string; readonly directions: Promise<readonly StoredDirection[]> }
    | undefined;

  async function drawBackground(modelId: string): Promise<readonly DrawnPhoto[]> {
    if (background?.modelId !== modelId || background.until < Date.now()) {
      const photos = await backgrounds.drawPhotos(modelId, BACKGROUND_PHOTOS);
      background = { modelId, until: Date.now() + BACKGROUND_MS, photos };
    }
    return background.photos;
  }

  /** The words of a query as the model sees them, where it can be asked. */
  async function readWords({ kind, name }: Concept, modelId: string): Promise<TextEmbedding | undefined> {
    if (kind !== "query") return undefined;
    try {
      const encoded = await encode(name);
      return encoded.modelId === modelId ? encoded : undefined;
    } catch (error) {
      if (isModelMissing(error) || isEncoderFailure(error)) return undefined;
      throw error;
    }
  }

  async function assumeExamples(
    words: TextEmbedding,
    index: VectorIndex,
    refused: ReadonlySet<number>,
  ): Promise<readonly number[]> {
    const nearest = await index.search(words.embedding, { limit: ASSUMED_DEPTH });
    const judged = await trust.judge(words, nearest, index);
    return judged
      .filter(({ id, section }) => section === "strong" && !refused.has(id))
      .slice(0, ASSUMED_EXAMPLES)
      .map(({ id }) => id);
  }

  async function learnIn(index: VectorIndex, concept: Concept): Promise<number | undefined> {
    const said = await store.examplesOf(concept.id);
    const words = await readWords(concept, index.modelId);
    const refused = new Set(said.counterexamples);
    const shown =
      said.examples.length === 0 && words !== undefined
        ? await assumeExamples(words, index, refused)
        : said.examples;
    const embeddingsOf = (photoIds: readonly number[]) =>
      photoIds.slice(-MAX_EXAMPLES).flatMap((id) => index.get(id) ?? []);
    const examples = embeddingsOf(shown);
    if (examples.length === 0) return undefined;
    const spokenOf = new Set([...shown, ...refused]);
    const others = (await drawBackground(index.modelId)).filter(({ photoId }) => !spokenOf.has(photoId));
    const started = performance.now();
    const learnt = learnConcept({
      examples,
      counterexamples: embeddingsOf(said.counterexamples),
      background: others.map(({ embedding }) => embedding),
      prior: words?.embedding,
    });
    const trainedMs = performance.now() - started;
    const found = await index.search(learnt.direction, { limit: MAX_FOUND, minSimilarity: learnt.maybe });
    await store.saveLearnt(
      { conceptId: concept.id, modelId: index.modelId, ...learnt },
      found.flatMap(({ id, similarity }) => toPhoto(id, similarity, learnt) ?? []),
    );
    return trainedMs;
  }

  return {
    async learn(concept) {
      if (!vectors.isComplete()) await loadVectors();
      const trainedMs = await vectors.use(async (index) =>
        index === undefined ? undefined : learnIn(index, concept),
      );
      if (trainedMs === undefined) await store.forgetLearnt(concept.id);
      known = undefined;
      return trainedMs;
    },
    async lookAt(photoId, modelId, embedding) {
      if (known?.modelId !== modelId) known = { modelId, directions: store.directions(modelId) };
      const directions = await known.directions;
      if (directions.length === 0) return;
      const found = directions.flatMap(({ conceptId, ...direction }) => {
        const photo = toPhoto(photoId, dotProduct(direction.direction, embedding), direction);
        return photo === undefined ? [] : [{ conceptId, score: photo.score, section: photo.section }];
      });
      await store.savePhoto(photoId, found);
    },
    forget() {
      known = undefined;
    },
  };
}

/** A photo with its score; undefined where it does not show the concept. */
function toPhoto(
  photoId: number,
  similarity: number,
  learnt: Pick<LearntConcept, "strong" | "maybe">,
): ConceptPhoto | undefined {
  const section: Section | undefined = sectionOf(similarity, learnt);
  return section && { photoId, score: conceptScore(learnt, similarity), section };
}
