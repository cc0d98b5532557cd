import { describe, expect, it } from "vitest";
import { lendFloats } from "./lend-floats.ts";

describe("lendFloats", () => {
  it("lends as many floats as asked for, from one buffer for one loan after the other", async () => {
    const large = await lendFloats(1000, async (floats) => floats);
    const small = await lendFloats(10, async (floats) => floats);
    expect([large.length, small.length]).toEqual([1000, 10]);
    expect(small.buffer).toBe(large.buffer);
  });

  it("lends different buffers at the same time", async () => {
    await lendFloats(10, (outer) =>
      lendFloats(10, async (inner) => {
        expect(inner.buffer).not.toBe(outer.buffer);
      }),
    );
  });

  it("takes a buffer back from work that fails", async () => {
    let lost: Float32Array | undefined;
    const failing = lendFloats(5000, async (floats) => {
      lost = floats;
      throw new Error("no model");
    });
    await expect(failing).rejects.toThrow("no model");
    expect((await lendFloats(1, async (floats) => floats)).buffer).toBe(lost?.buffer);
  });
});
