import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "../api/system.ts";
import { type ErrorCode, KeepsightError } from "../core/errors.ts";
import type { LibraryApi } from "./world.ts";

/** How often a job is looked at, milliseconds. */
const LOOK_MS = 250;

/** Resolves once a job has succeeded; throws why it failed, `cancelled` when somebody cancelled it. */
export async function waitForJob(
  call: LibraryApi["call"],
  jobId: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { state, reason, errorCode } = (await call("GET", `/jobs/${jobId}`)) as Job;
    if (state === "succeeded") return;
    if (state === "failed")
      throw new KeepsightError((errorCode ?? "internal") as ErrorCode, reason ?? `Job ${jobId} failed.`);
    if (state === "cancelled") throw new KeepsightError("cancelled", `Job ${jobId} was cancelled.`);
    await sleep(LOOK_MS, undefined, { signal });
  }
}
