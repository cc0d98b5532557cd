/** Where a job stands: waiting for its turn, being worked on, or how it ended. */
export const JOB_STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];
