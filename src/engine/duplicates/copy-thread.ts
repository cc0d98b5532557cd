import { Worker } from "node:worker_threads";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { Candidate, FoundCopy, PictureTraits } from "../../duplicate/copy-index.ts";
import type { LocalFeatures } from "../../duplicate/local-features.ts";
import type { FeatureBytes } from "./feature-bytes.ts";
import type { DecodeLimits } from "../../image/decode-limits.ts";

/** A photo that can be found; its descriptors are all that the index needs of its features. */
export interface IndexedPhoto extends Omit<PictureTraits, "features"> {
  readonly id: number;
  readonly descriptors: Uint8Array;
}

/** What is compared: what is known of a picture, and where it is. */
export interface ComparedPicture extends PictureTraits {
  readonly thumbnailPath: string;
}

/** A candidate with its picture, as it is stored: what its bytes mean is found out in the thread. */
export interface ComparedCandidate {
  readonly candidate: Candidate;
  readonly features: FeatureBytes;
  readonly thumbnailPath: string;
}

/** How far one picture agrees with another that is no copy of it. */
export interface SameScene {
  readonly id: number;
  /** Features that agree on how one lies in the other. */
  readonly inliers: number;
}

/** What the thread is asked. */
export type CopyTask =
  | { readonly kind: "add"; readonly photos: readonly IndexedPhoto[] }
  | { readonly kind: "remove"; readonly ids: readonly number[] }
  | { readonly kind: "describe"; readonly thumbnailPath: string }
  | { readonly kind: "candidates"; readonly traits: PictureTraits }
  | {
      readonly kind: "verify";
      readonly first: ComparedPicture;
      readonly others: readonly ComparedCandidate[];
      /** Whether every orientation is tried, not only the candidate's. */
      readonly isThorough: boolean;
    }
  | {
      readonly kind: "scene";
      readonly first: ComparedPicture;
      readonly others: readonly ComparedCandidate[];
    };

/** What it answers to each. */
export interface CopyAnswers {
  readonly add: null;
  readonly remove: null;
  readonly describe: LocalFeatures | null;
  readonly candidates: readonly Candidate[];
  readonly verify: readonly FoundCopy[];
  readonly scene: readonly SameScene[];
}

export type CopyReply =
  | { readonly ticket: number; readonly answer: CopyAnswers[keyof CopyAnswers] }
  | { readonly ticket: number; readonly error: unknown };

/** What the thread is started with. */
export interface CopyThreadSettings {
  readonly limits: DecodeLimits;
  readonly maxDistance: number;
  readonly minQuality: number;
}

/** Where copies are found and verified: milliseconds of processor for each photo, none of them on the server's event loop. */
export interface CopyThread {
  ask<Kind extends CopyTask["kind"]>(
    task: Extract<CopyTask, { kind: Kind }>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<CopyAnswers[Kind]>;
  /** Whether it runs, and so holds what was added. */
  isRunning(): boolean;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: KeepsightError) => void;
}

/** Starts with the first question; an idle thread does not keep the process alive. What was added is gone when it ends. */
export function createCopyThread(settings: () => CopyThreadSettings): CopyThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let nextTicket = 0;

  function start(): Worker {
    const started = new Worker(new URL("./copy-worker.ts", import.meta.url), { workerData: settings() });
    let cause: unknown;
    started.on("message", (reply: CopyReply) => {
      const waiting = pending.get(reply.ticket);
      pending.delete(reply.ticket);
      if ("error" in reply) waiting?.reject(toKeepsightError(reply.error));
      else waiting?.resolve(reply.answer as never);
      if (pending.size === 0) started.unref();
    });
    started.on("error", (error) => (cause = error));
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      const abandoned = [...pending.values()];
      pending.clear();
      for (const { reject } of abandoned)
        reject(new KeepsightError("unavailable", "The thread that compares pictures ended.", { cause }));
    });
    return started;
  }

  return {
    ask: (task, transfer = []) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        const ticket = nextTicket++;
        pending.set(ticket, { resolve, reject });
        worker.ref();
        worker.postMessage({ ticket, task }, [...transfer]);
      }),
    isRunning: () => worker !== undefined,
    async close() {
      await worker?.terminate();
    },
  };
}
