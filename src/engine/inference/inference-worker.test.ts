import { readSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { bundledModel } from "../../../test/bundled-models.ts";
import { createLogger } from "../../core/logger.ts";
import { createSharedRegion, pathOfFile } from "../../kserve/shared-memory.ts";
import type { WireTensor } from "../../kserve/wire-tensor.ts";
import { createInferencePool, type InferencePool } from "./inference-pool.ts";
import { createInferenceWorker, type InferenceWorker } from "./inference-worker.ts";

const OPTIONS = {
  timeoutMs: 30_000,
  maxMemoryBytes: Number.MAX_SAFE_INTEGER,
  logger: createLogger("silent"),
};

let path: string;
const open: (InferenceWorker | InferencePool)[] = [];
beforeAll(async () => {
  path = (await bundledModel("face-api-ssd")).files.landmarks!;
});
afterAll(async () => {
  await Promise.all(open.map((part) => part.close()));
});

function createWorker(options = OPTIONS): InferenceWorker {
  const worker = createInferenceWorker(options);
  open.push(worker);
  return worker;
}

/** So many crops of 112² pixels, 150 KB each, all of one value. */
function crops(rows: number, value: number): WireTensor[] {
  const data = new Uint8Array(new Float32Array(rows * 3 * 112 * 112).fill(value).buffer);
  return [{ name: "pixel_values", datatype: "FP32", shape: [rows, 3, 112, 112], data }];
}

describe("createInferenceWorker", () => {
  test.each([1, 40, 230])(
    "runs %i crops: through shared memory and, beyond 32 MB, through the pipe",
    async (rows) => {
      const worker = createWorker();
      const [one] = (await worker.run(path, crops(1, 7))).outputs;
      const [many] = (await worker.run(path, crops(rows, 7))).outputs;
      expect(many!.shape).toEqual([rows, 136]);
      const last = many!.data.subarray(-136 * 4);
      const [expected, given] = [one!.data, last].map(
        (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
      );
      for (const [i, value] of given!.entries()) expect(value).toBeCloseTo(expected![i]!, 4);
    },
  );

  it.skipIf(process.platform !== "linux")(
    "puts outputs where there is room for them, and nowhere else",
    async () => {
      const worker = createWorker();
      const [expected] = (await worker.run(path, crops(2, 7))).outputs;
      const region = createSharedRegion(4096)!;
      const room = { path: pathOfFile(region.file), offset: 64, byteSize: 2 * 136 * 4 };
      const runInto = async (given: typeof room) =>
        (await worker.run(path, crops(2, 7), new Map([["landmarks", given]]))).outputs[0]!;
      const placed = await runInto(room);
      expect(placed.place).toEqual({ path: room.path, offset: 64 });
      expect(Buffer.from(placed.data).equals(expected!.data)).toBe(true);
      const inRegion = Buffer.alloc(room.byteSize);
      readSync(region.file, inRegion, 0, room.byteSize, 64);
      expect(inRegion.equals(expected!.data)).toBe(true);
      const tight = await runInto({ ...room, byteSize: room.byteSize - 1 });
      expect(tight.place).toBeUndefined();
      expect(Buffer.from(tight.data).equals(expected!.data)).toBe(true);
      region.unlink();
      region.close();
      // The number may be another file's by now, which must not be written.
      const folder = await mkdtemp(join(tmpdir(), "keepsight-inference-"));
      const other = join(folder, "other");
      await writeFile(other, "untouched");
      const kept = await runInto({ ...room, path: other });
      expect(kept.place).toBeUndefined();
      expect(Buffer.from(kept.data).equals(expected!.data)).toBe(true);
      expect(await readFile(other, "utf8")).toBe("untouched");
      await rm(folder, { recursive: true });
    },
  );

  it("tells what a model takes and gives", async () => {
    expect(await createWorker().describe(path)).toEqual({
      inputs: [{ name: "pixel_values", type: "float32", shape: [-1, 3, 112, 112] }],
      outputs: [{ name: "landmarks", type: "float32", shape: [-1, 136] }],
    });
  });

  it("rejects only what a process was working on when it died, and starts another", async () => {
    const worker = createWorker();
    await worker.run(path, crops(1, 1));
    const running = worker.run(path, crops(200, 1));
    process.kill(worker.pid!, "SIGKILL");
    await expect(running).rejects.toMatchObject({ code: "analyser_crashed" });
    expect((await worker.run(path, crops(1, 1))).outputs[0]!.shape).toEqual([1, 136]);
  });

  it("ends a run that takes too long with its process", async () => {
    const worker = createWorker({ ...OPTIONS, timeoutMs: 1 });
    await expect(worker.run(path, crops(1, 1))).rejects.toMatchObject({ code: "analyser_timeout" });
    expect(worker.pid).toBeUndefined();
  });

  it("replaces a process that has grown", async () => {
    const worker = createWorker({ ...OPTIONS, maxMemoryBytes: 1 });
    await worker.run(path, crops(1, 1));
    expect(worker.pid).toBeUndefined();
    expect((await worker.run(path, crops(1, 1))).outputs).toHaveLength(1);
  });

  it("passes on what the runtime says, and goes on", async () => {
    const worker = createWorker();
    await expect(worker.describe("/nowhere.onnx")).rejects.toMatchObject({ code: "model_invalid" });
    await expect(worker.run("/nowhere.onnx", [])).rejects.toMatchObject({ code: "model_missing" });
    expect((await worker.run(path, crops(1, 1))).outputs).toHaveLength(1);
  });
});

describe("createInferencePool", () => {
  it("refuses what would make too much wait, and rejects what waits when it closes", async () => {
    const pool = createInferencePool({ ...OPTIONS, size: 1, maxWaitingBytes: 400_000 });
    open.push(pool);
    const accepted = Promise.allSettled([pool.run(path, crops(1, 1)), pool.run(path, crops(1, 2))]);
    await expect(pool.run(path, crops(1, 3))).rejects.toMatchObject({ code: "unavailable" });
    expect(pool.countWaiting()).toBe(1);
    await pool.close();
    expect((await accepted).map((result) => result.status)).toEqual(["rejected", "rejected"]);
  });
});
