import { setTimeout as sleep } from "node:timers/promises";
import { KeepsightError } from "../core/errors.ts";
import { batchKey, joinRequests, rowsOf, splitResponse } from "./batch.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";

type Infer = (request: InferRequest) => Promise<InferResponse>;

export interface BatchOptions {
  /** Rows run together at most. */
  readonly maxRows: number;
  /** How long the first of a batch waits for others though it could be run, milliseconds. */
  readonly delayMs: number;
  /** Runs of one kind under way at once; those that come meanwhile gather into the next batch. */
  readonly maxRuns: number;
}

interface Waiting {
  readonly request: InferRequest;
  readonly resolve: (response: InferResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits and what runs of requests that fit together. */
interface Lane {
  readonly waiting: Waiting[];
  runs: number;
}

/**
 * The same `infer`, which runs requests together that fit and come at about the same time. A batch that fails for what is
 * in it is run again one by one, so that nobody suffers from another's request.
 */
export function batchRequests(infer: Infer, { maxRows, delayMs, maxRuns }: BatchOptions): Infer {
  const lanes = new Map<string, Lane>();

  async function runLane(key: string, lane: Lane): Promise<void> {
    lane.runs++;
    if (delayMs > 0) await sleep(delayMs);
    for (let batch = takeBatch(lane.waiting, maxRows); batch.length > 0;) {
      await runBatch(infer, batch);
      batch = takeBatch(lane.waiting, maxRows);
    }
    lane.runs--;
    if (lane.runs === 0) lanes.delete(key);
  }

  return (request) => {
    const key = batchKey(request);
    const lane = lanes.get(key) ?? { waiting: [], runs: 0 };
    lanes.set(key, lane);
    const { promise, resolve, reject } = Promise.withResolvers<InferResponse>();
    lane.waiting.push({ request, resolve, reject });
    if (lane.runs < maxRuns) void runLane(key, lane);
    return promise;
  };
}

/** Takes from the front what fits into one run: at least one request, however many rows it has. */
function takeBatch(waiting: Waiting[], maxRows: number): Waiting[] {
  let rows = 0;
  let count = 0;
  while (count < waiting.length && (count === 0 || rows + rowsOf(waiting[count]!.request) <= maxRows)) {
    rows += rowsOf(waiting[count]!.request);
    count++;
  }
  return waiting.splice(0, count);
}

async function runBatch(infer: Infer, batch: readonly Waiting[]): Promise<void> {
  if (batch.length > 1 && (await runTogether(infer, batch))) return;
  await Promise.all(batch.map(({ request, resolve, reject }) => infer(request).then(resolve, reject)));
}

/** Trouble that has nothing to do with what is in a batch. */
const SHARED_TROUBLE: ReadonlySet<string> = new Set(["unavailable", "cancelled", "analyser_timeout"]);

/** False when the requests have to be run one by one. */
async function runTogether(infer: Infer, batch: readonly Waiting[]): Promise<boolean> {
  const requests = batch.map(({ request }) => request);
  try {
    const responses = splitResponse(await infer(joinRequests(requests)), requests);
    batch.forEach(({ resolve }, i) => resolve(responses[i]!));
    return true;
  } catch (error) {
    if (!(error instanceof KeepsightError) || !SHARED_TROUBLE.has(error.code)) return false;
    for (const { reject } of batch) reject(error);
    return true;
  }
}
