import { z } from "zod";
import { KeepsightError } from "../../core/errors.ts";
import type { ConceptStore } from "../../database/concepts/concept-store.ts";
import {
  type DecidedSettings,
  type EvaluationStore,
  SETTING_DECISION,
  type StoredEvaluation,
} from "../../database/evaluation-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { learnConcept } from "../../learn/concept.ts";
import { dotProduct } from "../../math/vector.ts";
import { ndcgAt, precisionAt, recallAt } from "../../rank/metrics.ts";
import type { Undoer } from "../history/history.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import type { Recogniser } from "../people/recogniser.ts";
import type { PhotoVectors } from "../search/photo-vectors.ts";
import type { PhotoSearch } from "../search/search-photos.ts";
import { gradeFaces } from "./grade-faces.ts";

/** Kind of the job that grades the library. */
export const GRADES_JOB = "evaluation.own";

/** A setting that grades give advice on. */
export const MATCH_SETTING = "faces.matchSimilarity";

/** Confirmed faces that take part: the time grows with their square. */
const MAX_FACES = 1500;
const MAX_FACES_OF_PERSON = 30;

/** With fewer labels a grade says nothing. */
const MIN_FACES = 30;
const MIN_TAGGED = 3;
const MAX_TAGS = 30;
const MIN_EXAMPLES = 3;

/** A suggested threshold is right this often, and names so many more faces that it is worth a change. */
const WANTED_PRECISION = 0.99;
const WORTHWHILE = 0.01;

const DEPTH = 10;

/** How the library did in one subject; shares are 0 to 1. */
export interface OwnGrade {
  readonly subject: "faces" | "tags" | "concepts";
  readonly labels: number;
  readonly precision?: number;
  readonly recall?: number;
  readonly ndcg?: number;
  readonly note?: string;
}

/** A threshold that would have done better. */
export interface Advice {
  readonly setting: typeof MATCH_SETTING;
  readonly modelId: string;
  readonly current: number;
  readonly suggested: number;
  readonly currentPrecision: number;
  readonly currentRecall: number;
  readonly suggestedPrecision: number;
  readonly suggestedRecall: number;
  readonly reason: string;
}

/** The grades of one day. */
export interface OwnGrades {
  readonly grades: readonly OwnGrade[];
  readonly advice: readonly Advice[];
}

/** A library grades itself by what its user confirmed. */
export interface OwnEvaluation {
  /** Queues an evaluation and gives the job. */
  queue(): Promise<number>;
  /** Evaluates at once and keeps the result. */
  run(signal?: AbortSignal): Promise<StoredEvaluation<OwnGrades>>;
  list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly StoredEvaluation<OwnGrades>[]; readonly total: number }>;
  /** Follows an advice of an evaluation; `not_found` where it gave none. */
  apply(evaluationId: number, setting: string, actor: string): Promise<{ decisionId: number; value: number }>;
  readonly undoer: Undoer;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

export interface OwnEvaluationOptions {
  readonly store: EvaluationStore<OwnGrades>;
  readonly settings: DecidedSettings;
  readonly jobs: Pick<JobStore, "enqueue">;
  readonly faces: Pick<FaceStore, "embedded">;
  readonly persons: Pick<PersonStore, "names">;
  /** Tags that were put by hand, those on most photos first. */
  readonly readTags: (
    limit: number,
  ) => Promise<readonly { readonly name: string; readonly photoIds: readonly number[] }[]>;
  readonly concepts: Pick<ConceptStore, "list" | "examplesOf">;
  readonly vectors: Pick<PhotoVectors, "use">;
  readonly drawPhotos: (
    modelId: string,
    count: number,
  ) => Promise<readonly { photoId: number; embedding: Float32Array }[]>;
  readonly search: Pick<PhotoSearch, "search">;
  /** `model_missing` while there is none. */
  readonly recogniser: () => Promise<Recogniser>;
  readonly notify: () => void;
  /** A setting has changed: people are recognised anew. */
  readonly onSettingChanged: () => void;
}

const MatchSetting = z.object({ modelId: z.string(), value: z.number().min(-1).max(1) });

/** The threshold that the user chose for a recogniser; undefined where there is none. */
export async function readMatchThreshold(
  settings: Pick<DecidedSettings, "read">,
  modelId: string,
): Promise<number | undefined> {
  const chosen = MatchSetting.safeParse(await settings.read(MATCH_SETTING));
  return chosen.success && chosen.data.modelId === modelId ? chosen.data.value : undefined;
}

export function createOwnEvaluation(options: OwnEvaluationOptions): OwnEvaluation {
  const { store, settings, jobs, faces, persons, readTags, concepts, vectors, search, notify } = options;

  async function collectFaces(modelId: string) {
    const groups = [];
    let count = 0;
    for (const { id } of (await persons.names()).toSorted((a, b) => b.faceCount - a.faceCount)) {
      const limit = Math.min(MAX_FACES_OF_PERSON, MAX_FACES - count);
      if (limit <= 0) break;
      const found = await faces.embedded({ modelId, confirmedOf: id, order: "quality", limit });
      // Of somebody with one face it can never be found again.
      if (found.faceIds.length > 1) groups.push(found);
      count += found.faceIds.length;
    }
    const dimensions = groups[0]?.dimensions ?? 0;
    const embeddings = new Float32Array(groups.reduce((sum, group) => sum + group.embeddings.length, 0));
    let at = 0;
    for (const group of groups) {
      embeddings.set(group.embeddings, at);
      at += group.embeddings.length;
    }
    return {
      embeddings,
      dimensions,
      persons: groups.flatMap(({ faceIds }, person) => faceIds.map(() => person)),
      personCount: groups.length,
    };
  }

  async function evaluateFaces(signal?: AbortSignal): Promise<OwnGrades> {
    const model = await options.recogniser().catch((error: unknown) => {
      if (error instanceof KeepsightError && error.code === "model_missing") return undefined;
      throw error;
    });
    const none = (labels: number, note: string): OwnGrades => ({
      grades: [{ subject: "faces", labels, note }],
      advice: [],
    });
    if (model === undefined) return none(0, "No model for recognising faces is installed.");
    const { personCount, ...confirmed } = await collectFaces(model.modelId);
    const labels = confirmed.persons.length;
    if (personCount < 2 || labels < MIN_FACES) {
      return none(
        labels,
        `Name more people: ${MIN_FACES} confirmed faces of two persons or more are needed, of each at least two.`,
      );
    }
    const graded = await gradeFaces(confirmed, signal);
    const current = graded.at(model.matchThreshold);
    const { precision, recall } = current;
    const note = `${personCount} persons; each confirmed face against all others.`;
    const grades: OwnGrade[] = [{ subject: "faces", labels, precision, recall, note }];
    const best = graded.best(WANTED_PRECISION);
    if (best === undefined) return { grades, advice: [] };
    const isBetter = precision < WANTED_PRECISION || best.recall - recall >= WORTHWHILE;
    if (!isBetter) return { grades, advice: [] };
    const reason =
      precision < WANTED_PRECISION
        ? "Fewer faces would be given to somebody else."
        : `${((best.recall - recall) * 100).toFixed(1)} % more of the faces would be recognised, and at least ${WANTED_PRECISION * 100} % of them rightly.`;
    return {
      grades,
      advice: [
        {
          setting: MATCH_SETTING,
          modelId: model.modelId,
          current: model.matchThreshold,
          suggested: Math.round(best.threshold * 1e4) / 1e4,
          currentPrecision: precision,
          currentRecall: recall,
          suggestedPrecision: best.precision,
          suggestedRecall: best.recall,
          reason,
        },
      ],
    };
  }

  /** Photos that a human tagged must be found by the meaning of the tag, without the tag's help. */
  async function evaluateTags(signal?: AbortSignal): Promise<OwnGrade> {
    const labelled = (await readTags(MAX_TAGS)).filter(({ photoIds }) => photoIds.length >= MIN_TAGGED);
    if (labelled.length === 0)
      return { subject: "tags", labels: 0, note: `No tag was put on ${MIN_TAGGED} photos by hand.` };
    const scores: { recall: number; precision: number; ndcg: number }[] = [];
    for (const { name, photoIds } of labelled) {
      signal?.throwIfAborted();
      const { hits, notice } = await search.search({
        text: name,
        mode: "semantic",
        filter: {},
        limit: 100,
        offset: 0,
      });
      if (hits.length === 0 && notice !== undefined)
        return { subject: "tags", labels: labelled.length, note: notice };
      const ranking = hits.map(({ photo }) => photo.id);
      const relevance = new Map(photoIds.map((id) => [id, 1]));
      const depth = Math.max(DEPTH, photoIds.length);
      scores.push({
        recall: recallAt(ranking, relevance, depth),
        precision: precisionAt(ranking, relevance, Math.min(depth, Math.max(1, ranking.length))),
        ndcg: ndcgAt(ranking, relevance, DEPTH),
      });
    }
    const mean = (key: "recall" | "precision" | "ndcg") =>
      scores.reduce((sum, score) => sum + score[key], 0) / scores.length;
    return {
      subject: "tags",
      labels: labelled.reduce((sum, { photoIds }) => sum + photoIds.length, 0),
      precision: mean("precision"),
      recall: mean("recall"),
      ndcg: mean("ndcg"),
      note: `${labelled.length} tags that were put by hand, by meaning alone. Photos that could have the tag and were not given it count as wrong.`,
    };
  }

  /** Each example must be found by what is learnt from the others, and no counterexample. */
  async function evaluateConcepts(signal?: AbortSignal): Promise<OwnGrade> {
    const all = await concepts.list({ kind: "named", limit: 200, offset: 0 });
    const counts = { labels: 0, found: 0, examples: 0, wrong: 0 };
    await vectors.use(async (index) => {
      if (index === undefined) return;
      const drawn = await options.drawPhotos(index.modelId, 128);
      for (const { id } of all) {
        const said = await concepts.examplesOf(id);
        const spokenOf = new Set([...said.examples, ...said.counterexamples]);
        const background = drawn
          .filter(({ photoId }) => !spokenOf.has(photoId))
          .map(({ embedding }) => embedding);
        const embeddingsOf = (ids: readonly number[]) =>
          ids.slice(-20).flatMap((photo) => index.get(photo) ?? []);
        const [examples, counterexamples] = [embeddingsOf(said.examples), embeddingsOf(said.counterexamples)];
        if (examples.length < MIN_EXAMPLES) continue;
        for (const [i, held] of examples.entries()) {
          signal?.throwIfAborted();
          const learnt = learnConcept({ examples: examples.toSpliced(i, 1), counterexamples, background });
          counts.examples++;
          if (dotProduct(learnt.direction, held) >= learnt.maybe) counts.found++;
        }
        for (const [i, held] of counterexamples.entries()) {
          const learnt = learnConcept({
            examples,
            counterexamples: counterexamples.toSpliced(i, 1),
            background,
          });
          if (dotProduct(learnt.direction, held) >= learnt.strong) counts.wrong++;
        }
        counts.labels += examples.length + counterexamples.length;
      }
    });
    if (counts.examples === 0)
      return {
        subject: "concepts",
        labels: 0,
        note: `No concept has ${MIN_EXAMPLES} examples that a text-image model has looked at.`,
      };
    const { labels, found, examples, wrong } = counts;
    return {
      subject: "concepts",
      labels,
      precision: found + wrong === 0 ? 1 : found / (found + wrong),
      recall: found / examples,
      note: "Each example against what the others teach; wrong are counterexamples that would be found.",
    };
  }

  async function run(signal?: AbortSignal): Promise<StoredEvaluation<OwnGrades>> {
    const started = performance.now();
    const ofFaces = await evaluateFaces(signal);
    const result: OwnGrades = {
      grades: [...ofFaces.grades, await evaluateTags(signal), await evaluateConcepts(signal)],
      advice: ofFaces.advice,
    };
    const evaluation = {
      evaluatedAt: Date.now(),
      durationMs: Math.round(performance.now() - started),
      result,
    };
    return { id: await store.add(evaluation), ...evaluation };
  }

  return {
    run,
    async queue() {
      const [job] = await jobs.enqueue([{ kind: GRADES_JOB, dedupeKey: "own" }]);
      notify();
      return job!.id;
    },
    async list(page) {
      const [items, total] = await Promise.all([store.list(page), store.count()]);
      return { items, total };
    },
    async apply(evaluationId, setting, actor) {
      const evaluation = await store.get(evaluationId);
      const advice = evaluation?.result.advice.find((one) => one.setting === setting);
      if (advice === undefined) {
        throw new KeepsightError(
          "not_found",
          evaluation === undefined
            ? `There is no evaluation ${evaluationId}.`
            : `Evaluation ${evaluationId} gave no advice on ${setting}.`,
        );
      }
      const { modelId, suggested: value } = advice;
      const decision = await settings.decide(setting, { modelId, value }, actor);
      options.onSettingChanged();
      return { decisionId: decision.id, value };
    },
    undoer: {
      kinds: new RegExp(`^${SETTING_DECISION.replace(".", "\\.")}$`),
      async undo(decisionId, actor) {
        const decision = await settings.undo(decisionId, actor);
        options.onSettingChanged();
        return { decisionId: decision.id, facesChanged: 0 };
      },
    },
    handlers: { [GRADES_JOB]: { concurrency: 1, run: async (_, { signal }) => void (await run(signal)) } },
  };
}
