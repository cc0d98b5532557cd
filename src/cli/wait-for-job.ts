import { setTimeout } from "node:timers/promises";
import type { Job } from "../api/system.ts";
import { KeepsightError } from "../core/errors.ts";
import type { LibraryApi } from "./world.ts";

/** How often it is asked whether a job has ended, milliseconds. */
const POLL_MS = 200;

/** Waits until a job has ended; throws its reason when it did not succeed, or waits for another attempt. */
export async function waitForJob(call: LibraryApi["call"], jobId: number): Promise<Job> {
  for (;;) {
    const job = (await call("GET", `/jobs/${jobId}`)) as Job;
    if (job.state === "succeeded") return job;
    if (job.state === "failed" || job.state === "cancelled" || job.retryAt !== null)
      throw new KeepsightError("unavailable", job.reason ?? `Job ${jobId} was ${job.state}.`);
    await setTimeout(POLL_MS);
  }
}
