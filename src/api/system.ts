import { z } from "zod";
import { JOB_STATES } from "../core/job-state.ts";
import { PageQuery, pageOf } from "./common.ts";

/** Where a job stands. */
export const JobState = z.enum(JOB_STATES).meta({ id: "JobState" });

/** One unit of background work. */
export const Job = z
  .object({
    id: z.number().int(),
    kind: z.string().describe("scan, analyse, pull-model, …"),
    state: JobState,
    photoId: z.number().int().nullable(),
    fileName: z.string().nullable().describe("Of its photo"),
    attempts: z.number().int(),
    maxAttempts: z.number().int(),
    reason: z.string().nullable().describe("Why it failed, or why it waits"),
    errorCode: z.string().nullable(),
    progress: z.object({ done: z.number(), total: z.number().nullable() }),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe("What a job that succeeded has to tell, as a scan or maintenance; null for most"),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    finishedAt: z.string().nullable(),
    retryAt: z.string().nullable().describe("When a failed attempt is tried again"),
  })
  .meta({ id: "Job" });
export type Job = z.infer<typeof Job>;

/** All jobs of one kind together. */
export const Queue = z
  .object({
    kind: z.string(),
    isPaused: z.boolean(),
    queued: z.number().int(),
    running: z.number().int(),
    succeeded: z.number().int().describe("Since this run of work began"),
    failed: z.number().int(),
    ratePerSecond: z.number().nullable().describe("Over the last minute"),
    etaSeconds: z.number().nullable(),
  })
  .meta({ id: "Queue" });
export type Queue = z.infer<typeof Queue>;

/** Query of `GET /jobs`. */
export const JobListQuery = PageQuery.extend({
  state: z.enum(JOB_STATES).optional().describe("Only jobs in this state"),
  kind: z.string().max(50).optional().describe("Only jobs of this kind"),
});
/** One page of jobs, newest first, and all queues. */
export const JobPage = pageOf(Job)
  .extend({ queues: z.array(Queue) })
  .meta({ id: "JobPage" });
export type JobPage = z.infer<typeof JobPage>;
/** Path parameters `{kind}`. */
export const QueueParams = z.object({
  kind: z.string().min(1).max(50).describe("A kind of job that `GET /jobs` lists as a queue"),
});

/** What the library holds. */
export const Stats = z
  .object({
    photos: z.number().int(),
    byStatus: z.record(z.string(), z.number().int()),
    byFormat: z.record(z.string(), z.number().int()),
    bytes: z.number(),
    withFaces: z.number().int(),
    withText: z.number().int(),
    withGps: z.number().int(),
    faces: z.number().int(),
    objects: z.number().int(),
    missing: z.number().int().describe("Files that were there once and are gone"),
    firstTakenAt: z
      .string()
      .nullable()
      .describe("Wall-clock time of the oldest photo, or only its day where that is the date of its file"),
    lastTakenAt: z.string().nullable().describe("The same of the newest"),
    folders: z.array(z.object({ path: z.string(), photos: z.number().int() })),
    topTags: z.array(z.object({ name: z.string(), count: z.number().int() })),
  })
  .meta({ id: "Stats" });
export type Stats = z.infer<typeof Stats>;

/** One model of the catalogue and where it stands. */
export const Model = z
  .object({
    id: z.string(),
    title: z.string(),
    task: z.string(),
    state: z.enum(["installed", "partial", "missing", "corrupt"]),
    source: z.enum(["local", "npm", "downloaded", "served"]).nullable(),
    isActive: z.boolean().describe("Whether new photos are analysed with it"),
    byteSize: z.number(),
    isSizeKnown: z.boolean().describe("False while the size of some file is unknown"),
    unverified: z.array(z.string()).describe("Files that are taken on the word of their server"),
    missingByteSize: z.number().describe("Bytes that a download would bring"),
    preference: z.number().describe("Of the installed models of a task the highest is used"),
    licence: z.object({ name: z.string(), url: z.string().nullable(), commercial: z.boolean() }),
    sets: z.array(z.string()),
    canDownload: z.boolean(),
    problems: z.array(z.string()).describe("What is wrong with its files"),
  })
  .meta({ id: "Model" });
export type Model = z.infer<typeof Model>;
/** All models, and what each step runs with. */
export const ModelList = z
  .object({
    items: z.array(Model),
    steps: z.array(
      z.object({
        step: z.string(),
        isAvailable: z.boolean(),
        modelIds: z.array(z.string()),
        reason: z.string().nullable(),
      }),
    ),
    changes: z
      .array(
        z.object({
          kind: z.enum(["photo", "face"]),
          from: z.string().describe("The model whose results are still searched"),
          to: z.string().describe("The model that takes its place"),
          photosLeft: z.number().int().describe("Photos that only the former has seen, as of the last look"),
        }),
      )
      .describe("Changes of models under way"),
  })
  .meta({ id: "ModelList" });
export type ModelList = z.infer<typeof ModelList>;
/** Model ids contain slashes, so they travel URL-encoded in one path segment. */
export const ModelParams = z.object({ id: z.string().min(1).max(200).describe("The id, URL-encoded") });

/** Whether the process lives and can answer. */
export const Health = z.object({
  status: z.enum(["ok", "starting", "stopping"]),
  reason: z.string().optional(),
});

/** What arrives on `GET /events` (server-sent events; the event's name is `type`). */
export type LibraryEvent =
  | { readonly type: "people" }
  /** Groups of duplicates came, went or changed. */
  | { readonly type: "duplicates" }
  | { readonly type: "photo"; readonly photoId: number; readonly status: string; readonly step?: string }
  | { readonly type: "progress"; readonly queues: readonly Queue[] }
  | {
      readonly type: "library";
      readonly reason:
        | "photos-added"
        | "photos-removed"
        | "photos-changed"
        | "albums-changed"
        | "models-changed"
        | "concepts-changed";
    }
  | {
      readonly type: "download";
      readonly modelId: string;
      readonly receivedBytes: number;
      readonly totalBytes: number;
    };
