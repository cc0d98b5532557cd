import { setTimeout } from "node:timers/promises";
import type { Job } from "../api/system.ts";
import { KeepsightError } from "../core/errors.ts";
import { whenAborted } from "./when-aborted.ts";
import type { LibraryApi } from "./world.ts";

/** How often it is asked whether a job has ended, milliseconds. */
const POLL_MS = 200;

/**
 * Waits until a job has ended; throws its reason when it did not succeed, or waits for another attempt. Once the signal is
 * aborted it waits no longer and throws `cancelled`, which says how to follow the job.
 */
export async function waitForJob(
  { call, isServer }: Pick<LibraryApi, "call" | "isServer">,
  jobId: number,
  signal: AbortSignal,
): Promise<Job> {
  for (;;) {
    if (signal.aborted) throw new KeepsightError("cancelled", describeLeft(jobId, isServer));
    const job = (await call("GET", `/jobs/${jobId}`)) as Job;
    if (job.state === "succeeded") return job;
    if (job.state === "failed" || job.state === "cancelled" || job.retryAt !== null)
      throw new KeepsightError("unavailable", job.reason ?? `Job ${jobId} was ${job.state}.`);
    await Promise.race([setTimeout(POLL_MS), whenAborted(signal)]);
  }
}

function describeLeft(jobId: number, isServer: boolean): string {
  return isServer
    ? `No longer waiting for job ${jobId}: the server goes on with it. \`keepsight status\` and the jobs page tell how far it is.`
    : `No longer waiting for job ${jobId}: it is kept, and goes on with the next \`keepsight serve\`.`;
}
