import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createInferenceClient } from "../src/kserve/create-inference-client.ts";
import type { InferenceClient } from "../src/kserve/inference-service.ts";
import { createSession } from "../src/onnx/create-session.ts";
import { createServedSession } from "../src/onnx/kserve/served-session.ts";
import type { InferenceSession, Tensor } from "../src/onnx/session.ts";
import { linkBundledModels, bundledModel } from "../test/bundled-models.ts";
import { createRandom } from "../test/generated-photos.ts";
import { type ModelServerProcess, startModelServer } from "../test/model-server.ts";
import { hasShared, sharedPath } from "../test/shared-files.ts";

/** What a round trip to a server on the same machine may cost beyond the bare run, milliseconds. */
const TARGET_MS = 5;

/** A pause between runs, so that nothing is measured that the one before left over, milliseconds. */
const PAUSE_MS = 2;
const WARM_UP = 10;

interface Subject {
  readonly name: string;
  readonly path: string;
  readonly dims: readonly number[];
}

/**
 * What a run on a server of models costs beyond the same run here, over HTTP and gRPC, with tensors of 150 KB to 3 MB. The
 * three take turns, so that a busy machine is equally busy for all. Option: `--runs` (100 of each).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "100" } } });
  const folder = await mkdtemp(join(tmpdir(), "keepsight-bench-kserve-"));
  let server: ModelServerProcess | undefined;
  const clients: InferenceClient[] = [];
  try {
    await linkBundledModels(join(folder, "models"));
    const subjects = await findSubjects();
    server = await startModelServer({
      dataDirectory: folder,
      modelDirectory: sharedPath("models"),
      models: subjects.map(({ name }) => name),
    });
    for (const url of [server.httpUrl, server.grpcUrl]) clients.push(await connect(url));
    for (const subject of subjects) await measureSubject(subject, clients, Number(values.runs));
  } finally {
    for (const client of clients) client.close();
    await server?.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Small and large inputs and outputs, with as many models as are here. */
async function findSubjects(): Promise<Subject[]> {
  const recognizer = await bundledModel("dlib-face-resnet");
  const detector = await bundledModel("face-api-ssd");
  const bundled = [
    { name: "dlib-face-resnet", path: recognizer.files.model!, dims: [1, 3, 150, 150] },
    { name: "face-api-ssd", path: detector.files.model!, dims: [1, 3, 512, 512] },
  ];
  const recognition = "models/face-recognition/mobilefacenet.onnx";
  const detection = "models/object-detection/yolox_nano.onnx";
  if (!hasShared("MobileFaceNet and YOLOX-nano", recognition, detection)) return bundled;
  return [
    { name: "mobilefacenet", path: sharedPath(recognition), dims: [1, 3, 112, 112] },
    { name: "yolox-nano-reexport", path: sharedPath(detection), dims: [1, 3, 416, 416] },
    ...bundled,
  ];
}

function connect(url: string): Promise<InferenceClient> {
  const limits = { timeoutMs: 30_000, connectTimeoutMs: 3000, maxResponseBytes: 64 * 1024 * 1024 };
  return createInferenceClient({ url, headers: {}, ...limits });
}

async function measureSubject(
  { name, path, dims }: Subject,
  clients: readonly InferenceClient[],
  runs: number,
): Promise<void> {
  const local = await createSession(path);
  const served = await Promise.all(clients.map((client) => createServedSession(client, name)));
  const input = noise(dims);
  const times = await takeTurns([local, ...served], input, runs);
  const outputs = Object.values(await runOn(local, input));
  const kilobytes = (tensors: readonly Tensor[]) =>
    Math.round(tensors.reduce((sum, { data }) => sum + data.byteLength, 0) / 1000);
  console.log(
    `${name}: ${kilobytes([input])} KB in, ${kilobytes(outputs)} KB out, ${runs} runs, load ${loadavg()[0]!.toFixed(1)}`,
  );
  const bare = summarize(times[0]!);
  console.log(`  bare run  ${describe(bare)}`);
  for (const [i, protocol] of ["HTTP", "gRPC"].entries()) {
    const own = summarize(times[i + 1]!);
    // Pairs of neighbours in time: what the machine does beside hits both alike.
    const cost = summarize(times[i + 1]!.map((time, k) => time - times[0]![k]!)).p50;
    console.log(
      `  ${protocol.padEnd(9)} ${describe(own)}: ${cost.toFixed(2)} ms more than bare (fastest: ` +
        `${(own.fastest - bare.fastest).toFixed(2)}; target ≤ ${TARGET_MS})`,
    );
  }
  await local.release();
}

/** Milliseconds of each run of each session. */
async function takeTurns(
  sessions: readonly InferenceSession[],
  input: Tensor,
  runs: number,
): Promise<number[][]> {
  const times: number[][] = sessions.map(() => []);
  for (let i = -WARM_UP; i < runs; i++) {
    for (const [k, session] of sessions.entries()) {
      const started = performance.now();
      await runOn(session, input);
      if (i >= 0) times[k]!.push(performance.now() - started);
      await sleep(PAUSE_MS);
    }
  }
  return times;
}

function runOn(session: InferenceSession, input: Tensor) {
  return session.run({ [session.inputNames[0]!]: input });
}

function noise(dims: readonly number[]): Tensor {
  const random = createRandom(5);
  const count = dims.reduce((product, axis) => product * axis, 1);
  return { type: "float32", data: Float32Array.from({ length: count }, () => random() * 255), dims };
}

function summarize(times: readonly number[]) {
  const ascending = times.toSorted((a, b) => a - b);
  const at = (share: number) => ascending[Math.floor(share * (ascending.length - 1))]!;
  return { fastest: at(0), p50: at(0.5), p95: at(0.95) };
}

function describe({ fastest, p50, p95 }: ReturnType<typeof summarize>): string {
  return `fastest ${fastest.toFixed(2)}, p50 ${p50.toFixed(2)}, p95 ${p95.toFixed(2)} ms`;
}
