import { describe, expect, it } from "vitest";
import type { Queue } from "../../../src/api/system.ts";
import { readProgress } from "./progress.ts";

function queue(kind: string, counts: Partial<Queue>): Queue {
  const idle = { queued: 0, running: 0, succeeded: 0, failed: 0, ratePerSecond: null, etaSeconds: null };
  return { kind, isPaused: false, ...idle, ...counts };
}

describe("readProgress", () => {
  it("says nothing while nothing is imported", () => {
    expect(readProgress([])).toBeUndefined();
    expect(
      readProgress([queue("analyse", { succeeded: 300 }), queue("pull-model", { running: 1 })]),
    ).toBeUndefined();
  });

  it("counts failed photos as done", () => {
    const analyse = queue("analyse", {
      queued: 2586,
      running: 2,
      succeeded: 410,
      failed: 2,
      ratePerSecond: 3.4,
    });
    expect(readProgress([analyse])).toMatchObject({ done: 412, total: 3000, ratePerSecond: 3.4 });
  });

  it("tells that folders are looked through before there are photos", () => {
    expect(readProgress([queue("scan", { running: 1 }), queue("analyse", {})])).toMatchObject({
      done: 0,
      total: 0,
    });
  });
});
