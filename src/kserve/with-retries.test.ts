import { describe, expect, it } from "vitest";
import { KeepsightError } from "../core/errors.ts";
import type { InferenceClient } from "./inference-service.ts";
import { UnreachableError } from "./unreachable-error.ts";
import { withRetries } from "./with-retries.ts";

const REQUEST = { modelName: "a", inputs: [] };

/** A server that fails with `failure()` until told otherwise, and counts how often it is asked. */
function createServer() {
  let failure: (() => Error) | undefined = () => new UnreachableError("away");
  let count = 0;
  const client: Pick<InferenceClient, "infer"> = {
    async infer() {
      count += 1;
      if (failure !== undefined) throw failure();
      return { modelName: "a", outputs: [] };
    },
  };
  return {
    client: withRetries(client as InferenceClient, [0, 0, 0]),
    set: (next: typeof failure) => (failure = next),
    /** Attempts since it was asked last. */
    countAttempts() {
      const attempts = count;
      count = 0;
      return attempts;
    },
  };
}

describe("withRetries", () => {
  it("asks again while the server cannot be reached, and gives up with the reason", async () => {
    const { client, countAttempts } = createServer();
    await expect(client.infer(REQUEST)).rejects.toThrow("away");
    expect(countAttempts()).toBe(4);
  });

  it("asks a server that is away once for each request, until it answers again", async () => {
    const { client, set, countAttempts } = createServer();
    await expect(client.infer(REQUEST)).rejects.toThrow("away");
    countAttempts();
    await expect(client.infer(REQUEST)).rejects.toThrow("away");
    expect(countAttempts()).toBe(1);

    set(undefined);
    await client.infer(REQUEST);
    expect(countAttempts()).toBe(1);
    set(() => new UnreachableError("away again"));
    await expect(client.infer(REQUEST)).rejects.toThrow("away again");
    expect(countAttempts()).toBe(4);
  });

  it("does not ask again for what the server refuses", async () => {
    const { client, set, countAttempts } = createServer();
    set(() => new KeepsightError("bad_request", "wrong shape"));
    await expect(client.infer(REQUEST)).rejects.toThrow("wrong shape");
    expect(countAttempts()).toBe(1);
  });
});
