import { describe, expect, it } from "vitest";
import { waitForJob } from "./wait-for-job.ts";

describe("waitForJob", () => {
  it("gives the job once it has succeeded, and throws why it did not", async () => {
    const states = ["queued", "running", "succeeded"];
    const call = async () => ({ state: states.shift(), retryAt: null });
    const { signal } = new AbortController();
    expect(await waitForJob({ call, isServer: true }, 7, signal)).toMatchObject({ state: "succeeded" });
    const fail = async () => ({ state: "failed", reason: "The disk is full.", retryAt: null });
    await expect(waitForJob({ call: fail, isServer: true }, 7, signal)).rejects.toThrow("The disk is full.");
  });

  it("ends when it is broken off, and says how to follow the job", async () => {
    for (const [isServer, where] of [
      [true, "keepsight status"],
      [false, "keepsight serve"],
    ] as const) {
      const stop = new AbortController();
      const call = async () => {
        stop.abort();
        return { state: "running", retryAt: null };
      };
      const waiting = waitForJob({ call, isServer }, 7, stop.signal);
      await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
      await expect(waiting).rejects.toThrow(where);
    }
  });
});
