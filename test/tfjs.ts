/**
 * TensorFlow.js as `@vladmandic/face-api` bundles it, run in plain JavaScript: the reference for converted models. The bundles
 * are made for browsers and stumble over Node, so they are told that they are in neither while they load.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { resolvePackageFile } from "../src/onnx/resolve-package-file.ts";

/** A tensor in TensorFlow's order of axes, row-major. */
export interface TfjsTensor {
  readonly shape: readonly number[];
  dataSync(): Float32Array;
}

/** The part of TensorFlow.js used here. */
export interface Tfjs {
  env(): { setPlatform(name: string, platform: object): void };
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): TfjsTensor;
  readonly io: {
    decodeWeights(bytes: ArrayBuffer, entries: readonly object[]): Record<string, TfjsTensor>;
  };
  loadGraphModel(handler: { load(): Promise<object> }): Promise<{
    execute(inputs: Record<string, TfjsTensor>, output: string): TfjsTensor;
  }>;
}

/** TensorFlow.js, ready to calculate on the CPU. */
export async function loadTfjs(): Promise<Tfjs> {
  const tfjs = await importBundle<Tfjs>("dist/tfjs.esm.js");
  await prepare(tfjs);
  return tfjs;
}

/** A net of face-api: gives back what its own `forward` does. */
interface FaceApiNet {
  loadFromWeightMap(weights: Record<string, TfjsTensor>): Promise<void>;
  forward(picture: TfjsTensor): Promise<unknown>;
}

/** The part of face-api used here. */
export interface FaceApi {
  readonly tf: Tfjs;
  readonly env: { setEnv(environment: object): void };
  readonly nets: Readonly<Record<"ssdMobilenetv1" | "faceLandmark68Net" | "faceRecognitionNet", FaceApiNet>>;
}

/** face-api with a TensorFlow.js of its own, ready to calculate on the CPU. */
export async function loadFaceApi(): Promise<FaceApi> {
  const faceApi = await importBundle<FaceApi>("dist/face-api.esm.js");
  class None {}
  const kinds = ["Canvas", "Image", "ImageData", "Video", "CanvasRenderingContext2D"];
  faceApi.env.setEnv(Object.fromEntries(kinds.map((kind) => [kind, None])));
  await prepare(faceApi.tf);
  return faceApi;
}

async function importBundle<T>(file: string): Promise<T> {
  const { versions } = process;
  Object.defineProperty(process, "versions", { value: {}, configurable: true });
  try {
    return (await import(resolvePackageFile("@vladmandic/face-api", file)!)) as T;
  } finally {
    Object.defineProperty(process, "versions", { value: versions, configurable: true });
  }
}

async function prepare(tfjs: Tfjs): Promise<void> {
  tfjs.env().setPlatform("node", {
    fetch,
    now: () => performance.now(),
    encode: (text: string) => new TextEncoder().encode(text),
    decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
    isTypedArray: (value: unknown) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  });
  await tfjs.setBackend("cpu");
}

/** A group of tensors and the files they stand in, as in a weight manifest. */
interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly object[];
}

/** The weights of a manifest with one file, as TensorFlow.js reads them. */
export function readTfjsWeights(tfjs: Tfjs, manifestPath: string): Record<string, TfjsTensor> {
  const [group] = JSON.parse(readFileSync(manifestPath, "utf8")) as WeightGroup[];
  return tfjs.io.decodeWeights(readGroup(group!, manifestPath), group!.weights);
}

/** A graph model with one input and one file of weights, run by TensorFlow.js itself. */
export async function loadGraphModel(
  tfjs: Tfjs,
  path: string,
): Promise<(data: Float32Array, shape: readonly number[], output: string) => TfjsTensor> {
  const { weightsManifest, ...artifacts } = JSON.parse(readFileSync(path, "utf8")) as {
    signature: { inputs: Record<string, { name: string }> };
    weightsManifest: WeightGroup[];
  };
  const [group] = weightsManifest;
  const weights = { weightSpecs: group!.weights, weightData: readGroup(group!, path) };
  const model = await tfjs.loadGraphModel({ load: () => Promise.resolve({ ...artifacts, ...weights }) });
  const [input] = Object.values(artifacts.signature.inputs);
  return (data, shape, output) => model.execute({ [input!.name]: tfjs.tensor(data, shape) }, output);
}

function readGroup({ paths }: WeightGroup, manifestPath: string): ArrayBuffer {
  return Uint8Array.from(readFileSync(join(dirname(manifestPath), paths[0]!))).buffer;
}
