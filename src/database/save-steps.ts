import type { Insertable, Selectable, Transaction } from "kysely";
import { type Step, type StepOutcome, STEPS } from "../core/photo-analysis.ts";
import type { PhotoStatus } from "../core/photo-status.ts";
import type { PhotoStepsTable, Schema } from "./schema.ts";
import { executeBatch } from "./sqlite/dialect.ts";

/** A step's row before or after an outcome. */
export type StepRow = Selectable<PhotoStepsTable>;

/** The steps of a photo as stored, by name. */
export async function readSteps(
  transaction: Transaction<Schema>,
  photoId: number,
): Promise<ReadonlyMap<Step, StepRow>> {
  const rows = await transaction
    .selectFrom("photoSteps")
    .selectAll()
    .where("photoId", "=", photoId)
    .execute();
  return new Map(rows.map((row) => [row.step, row]));
}

/**
 * The row after the outcome. What failed or was skipped keeps saying which model made the result that is still there; a
 * result of this very content is not given up because its model is away now.
 */
function applyOutcome(
  stored: StepRow | undefined,
  outcome: StepOutcome,
  contentVersion: number,
): Omit<Insertable<PhotoStepsTable>, "photoId" | "step" | "updatedAt"> | undefined {
  const { status, modelId, reason, errorCode, durationMs } = outcome;
  if (status === "done") {
    return {
      status,
      modelId: modelId ?? null,
      contentVersion,
      attempts: 0,
      reason: null,
      errorCode: null,
      durationMs,
    };
  }
  const isCurrent = stored?.status === "done" && stored.contentVersion === contentVersion;
  if (status === "skipped" && isCurrent) return undefined;
  return {
    status,
    modelId: stored?.modelId ?? null,
    contentVersion: stored?.contentVersion ?? null,
    attempts: status === "failed" ? (stored?.attempts ?? 0) + 1 : 0,
    reason: reason ?? null,
    errorCode: errorCode ?? null,
    durationMs,
  };
}

/** Stores the outcomes of steps. */
export async function saveStepOutcomes(
  transaction: Transaction<Schema>,
  photoId: number,
  contentVersion: number,
  outcomes: Partial<Record<Step, StepOutcome>>,
  stored: ReadonlyMap<Step, StepRow>,
): Promise<void> {
  const updatedAt = Date.now();
  const queries = STEPS.flatMap((step) => {
    const outcome = outcomes[step];
    const values = outcome && applyOutcome(stored.get(step), outcome, contentVersion);
    if (values === undefined) return [];
    return transaction
      .insertInto("photoSteps")
      .values({ photoId, step, ...values, updatedAt })
      .onConflict((conflict) => conflict.columns(["photoId", "step"]).doUpdateSet({ ...values, updatedAt }))
      .compile();
  });
  await executeBatch(transaction, queries);
}

/** What a user sees once the steps that ran have ended: a photo is not held back by the search for duplicates. */
function summarizeSteps(steps: ReadonlyMap<Step, StepRow>): {
  status: PhotoStatus;
  failureReason: string | null;
} {
  const rows = STEPS.flatMap((step) => steps.get(step) ?? []);
  const failed = rows.find(({ status }) => status === "failed");
  if (steps.get("preprocessing")?.status === "failed") {
    return { status: "failed", failureReason: steps.get("preprocessing")?.reason ?? null };
  }
  if (rows.some(({ step, status }) => status === "pending" && step !== "duplicates")) {
    return { status: "pending", failureReason: null };
  }
  return failed === undefined
    ? { status: "completed", failureReason: null }
    : { status: "partial", failureReason: failed.reason };
}

/** Brings the photo's status up to date with its steps. */
export async function saveStatus(transaction: Transaction<Schema>, photoId: number): Promise<void> {
  const summary = summarizeSteps(await readSteps(transaction, photoId));
  await transaction
    .updateTable("photos")
    .set({ ...summary, analysedAt: Date.now() })
    .where("id", "=", photoId)
    .execute();
}
