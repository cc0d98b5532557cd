import { randomUUID } from "node:crypto";
import type { ConceptDecision, ConceptExample } from "../../core/concept-decision.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { ConceptDecisions } from "../../database/concepts/concept-decisions.ts";
import type { Concept, ConceptStore } from "../../database/concepts/concept-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { Section } from "../../core/search-trust.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import type { Decided } from "../people/decide-people.ts";
import type { LearnConcepts } from "./learn-concepts.ts";

/** Kind of the job that learns concepts for a model that has not seen them. */
export const CONCEPTS_JOB = "concepts.learn";

/** A concept after a decision about it. */
export interface ChangedConcept {
  readonly concept: Concept;
  readonly decisionId: number;
  /** How long learning took, milliseconds; undefined when it could not. */
  readonly trainedMs?: number;
}

/** A photo in which a concept was found. */
export interface FoundPhoto {
  readonly photo: Photo;
  readonly score: number;
  readonly section: Section;
  readonly isExample?: boolean;
}

/** What users teach by examples. Each change is one decision that can be undone; what follows from it is learnt at once. */
export interface Concepts {
  /** Throws `not_found`. */
  get(conceptId: string): Promise<Concept>;
  /** By its name, whatever its case. */
  find(name: string): Promise<Concept | undefined>;
  list(
    options: Parameters<ConceptStore["list"]>[0],
  ): Promise<{ readonly items: readonly Concept[]; readonly total: number }>;
  /** `conflict` where another concept has the name, `not_found` for unknown photos. */
  create(name: string, examples: readonly ConceptExample[], actor: string): Promise<ChangedConcept>;
  rename(conceptId: string, name: string, actor: string): Promise<ChangedConcept>;
  remove(conceptId: string, actor: string): Promise<Pick<ChangedConcept, "decisionId">>;
  teach(conceptId: string, examples: readonly ConceptExample[], actor: string): Promise<ChangedConcept>;
  /** What the words of a query mean: the concept is made where there is none. */
  teachQuery(text: string, examples: readonly ConceptExample[], actor: string): Promise<ChangedConcept>;
  photosOf(
    conceptId: string,
    options: Parameters<ConceptStore["photosOf"]>[1],
  ): Promise<{ readonly items: readonly FoundPhoto[]; readonly total: number }>;
  undo(decisionId: number, actor: string): Promise<Decided>;
  /** A photo has got an embedding: it is looked at for every concept. */
  onEmbedded(photoId: number, modelId: string, embedding: Float32Array): Promise<void>;
  /** Queues what has to be learnt anew for the model whose embeddings are compared now. */
  catchUp(modelId: string): Promise<void>;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

export interface ConceptsOptions {
  readonly store: ConceptStore;
  readonly decisions: ConceptDecisions;
  readonly learning: LearnConcepts;
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly jobs: Pick<JobStore, "enqueue">;
  readonly notify: () => void;
  /** A concept has changed: what searches remember of it is out of date. */
  readonly onChanged: () => void;
}

export function createConcepts(options: ConceptsOptions): Concepts {
  const { store, decisions, learning, photos, jobs, notify, onChanged } = options;

  async function get(conceptId: string): Promise<Concept> {
    const concept = await store.get(conceptId);
    if (concept !== undefined) return concept;
    throw new KeepsightError("not_found", `There is no concept ${conceptId}.`);
  }

  /** Learns what a decision made different. */
  async function settle(conceptId: string): Promise<number | undefined> {
    learning.forget();
    const concept = await store.get(conceptId);
    const trainedMs = concept === undefined ? undefined : await learning.learn(concept);
    onChanged();
    return trainedMs;
  }

  async function decide(decision: ConceptDecision, actor: string): Promise<ChangedConcept> {
    const { decision: done, conceptId } = await decisions.decide(decision, actor);
    const trainedMs = await settle(conceptId);
    const concept = await get(conceptId);
    return { concept, decisionId: done.id, ...(trainedMs === undefined ? {} : { trainedMs }) };
  }

  return {
    get,
    find: (name) => store.find("named", name),
    async list(page) {
      const [items, total] = await Promise.all([store.list(page), store.count(page.kind)]);
      return { items, total };
    },
    create: (name, examples, actor) =>
      decide(
        { kind: "concept.create", conceptId: randomUUID(), conceptKind: "named", name, examples },
        actor,
      ),
    rename: (conceptId, name, actor) => decide({ kind: "concept.rename", conceptId, name }, actor),
    async remove(conceptId, actor) {
      const { name } = await get(conceptId);
      const { decision } = await decisions.decide({ kind: "concept.delete", conceptId, name }, actor);
      await settle(conceptId);
      return { decisionId: decision.id };
    },
    async teach(conceptId, examples, actor) {
      const { name } = await get(conceptId);
      return decide({ kind: "concept.teach", conceptId, name, examples }, actor);
    },
    async teachQuery(text, examples, actor) {
      const known = await store.find("query", text);
      if (known !== undefined)
        return decide({ kind: "concept.teach", conceptId: known.id, name: known.name, examples }, actor);
      const conceptId = randomUUID();
      return decide({ kind: "concept.create", conceptId, conceptKind: "query", name: text, examples }, actor);
    },
    async photosOf(conceptId, page) {
      await get(conceptId);
      const [found, total] = await Promise.all([
        store.photosOf(conceptId, page),
        store.countPhotos(conceptId, page.section),
      ]);
      const photoById = new Map(
        (await photos.getMany(found.map(({ photoId }) => photoId))).map((photo) => [photo.id, photo]),
      );
      const items = found.flatMap(({ photoId, ...rest }): FoundPhoto[] => {
        const photo = photoById.get(photoId);
        return photo === undefined ? [] : [{ photo, ...rest }];
      });
      return { items, total };
    },
    async undo(decisionId, actor) {
      const { decision, conceptId } = await decisions.undo(decisionId, actor);
      await settle(conceptId);
      return { decisionId: decision.id, facesChanged: 0 };
    },
    async onEmbedded(photoId, modelId, embedding) {
      await learning.lookAt(photoId, modelId, embedding);
    },
    async catchUp(modelId) {
      if ((await store.unlearnt(modelId)).length === 0) return;
      await jobs.enqueue([{ kind: CONCEPTS_JOB, dedupeKey: modelId, payload: { modelId } }]);
      notify();
    },
    handlers: {
      [CONCEPTS_JOB]: {
        concurrency: 1,
        async run({ payload }, { signal, setProgress }) {
          const waiting = await store.unlearnt((payload as { modelId: string }).modelId);
          for (const [done, conceptId] of waiting.entries()) {
            signal.throwIfAborted();
            const concept = await store.get(conceptId);
            if (concept !== undefined) await learning.learn(concept);
            await setProgress(done + 1, waiting.length);
          }
          onChanged();
        },
      },
    },
  };
}
