import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { compileKernel } from "./compile-kernel.ts";
import { layOut, reserveMemory } from "./kernel.ts";

describe("kernel.wasm", () => {
  it("is what kernel.as compiles to", async () => {
    const committed = readFileSync(new URL("./kernel.wasm", import.meta.url));
    expect(Buffer.from(await compileKernel()).equals(committed)).toBe(true);
  });
});

describe("layOut", () => {
  it("keeps 16 bytes or more between blocks that the kernel may overrun", () => {
    const { addresses, byteCount } = layOut(1, 16, 30);
    expect(addresses).toEqual([0, 32, 64]);
    expect(byteCount).toBe(112);
  });
});

describe("reserveMemory", () => {
  it("grows as far as it is asked to and keeps what it has", () => {
    expect(reserveMemory(200_000).length).toBe(200_000);
    expect(reserveMemory(10).length).toBe(10);
  });
});
