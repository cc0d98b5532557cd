import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { KeepsightError } from "../core/errors.ts";
import { batchRequests } from "./batch-requests.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";

/** A request of so many rows of one byte each. */
const rows = (...values: number[]): InferRequest => ({
  modelName: "m",
  inputs: [{ name: "x", datatype: "UINT8", shape: [values.length, 1], data: Uint8Array.from(values) }],
});

const valuesOf = ({ outputs }: InferResponse) => [...outputs[0]!.data];

/** A model that adds 100, whose runs end when they are let go; `sizes` are the rows of each run. */
function createSlowModel(fail?: (values: number[]) => Error | undefined) {
  const sizes: number[] = [];
  const gates: (() => void)[] = [];
  return {
    sizes,
    async infer({ modelName, inputs }: InferRequest): Promise<InferResponse> {
      const { data, shape } = inputs[0]!;
      sizes.push(shape[0]!);
      await new Promise<void>((resolve) => gates.push(resolve));
      const error = fail?.([...data]);
      if (error !== undefined) throw error;
      const outputs = [
        { name: "y", datatype: "UINT8" as const, shape, data: data.map((value) => value + 100) },
      ];
      return { modelName, outputs };
    },
    async finish() {
      while (gates.length > 0) {
        gates.shift()!();
        await nextTurn();
      }
    },
  };
}

const OPTIONS = { maxRows: 4, delayMs: 0, maxRuns: 1 };

describe("batchRequests", () => {
  it("runs what gathers while a run is under way together, and gives everybody their own rows", async () => {
    const model = createSlowModel();
    const infer = batchRequests(model.infer, OPTIONS);
    const answers = [rows(1), rows(2), rows(3, 4), rows(5, 6)].map((request) => infer(request));
    await model.finish();
    expect((await Promise.all(answers)).map(valuesOf)).toEqual([[101], [102], [103, 104], [105, 106]]);
    expect(model.sizes).toEqual([1, 3, 2]);
  });

  it("keeps requests of another shape apart", async () => {
    const model = createSlowModel();
    const infer = batchRequests(model.infer, OPTIONS);
    const wide: InferRequest = {
      modelName: "m",
      inputs: [{ name: "x", datatype: "UINT8", shape: [1, 2], data: Uint8Array.of(7, 8) }],
    };
    const answers = [infer(rows(1)), infer(rows(2)), infer(wide)];
    await model.finish();
    expect((await Promise.all(answers)).map(valuesOf)).toEqual([[101], [102], [107, 108]]);
    expect(model.sizes).toEqual([1, 1, 1]);
  });

  it("lets nobody suffer from another's request", async () => {
    const model = createSlowModel((values) =>
      values.includes(13) ? new KeepsightError("model_invalid", "thirteen") : undefined,
    );
    const infer = batchRequests(model.infer, OPTIONS);
    const answers = Promise.allSettled([rows(1), rows(2), rows(13)].map((request) => infer(request)));
    await model.finish();
    const [, second, third] = await answers;
    expect(second).toMatchObject({ status: "fulfilled" });
    expect(third).toMatchObject({ status: "rejected", reason: { message: "thirteen" } });
  });

  it("does not repeat a batch that failed for reasons of the server", async () => {
    const model = createSlowModel(() => new KeepsightError("unavailable", "away"));
    const infer = batchRequests(model.infer, OPTIONS);
    const answers = Promise.allSettled([rows(1), rows(2), rows(3)].map((request) => infer(request)));
    await model.finish();
    expect((await answers).every(({ status }) => status === "rejected")).toBe(true);
    expect(model.sizes).toEqual([1, 2]);
  });
});
