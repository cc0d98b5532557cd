import { createSession } from "../../src/onnx/create-session.ts";
import { resolvePackageFile } from "../../src/onnx/resolve-package-file.ts";
import type { Tensor } from "../../src/onnx/session.ts";
import { type FaceApi, loadFaceApi, loadGraphModel, readTfjsWeights } from "../../test/tfjs.ts";
import { bundledModel } from "../../test/bundled-models.ts";

/** What the own library of a bundled model gives for a picture [H, W, 3], with the names of our outputs. */
type OwnLibrary = (
  faceApi: FaceApi,
  picture: Float32Array,
) => Promise<Readonly<Record<string, Float32Array>>>;

interface BundledNet {
  readonly id: string;
  readonly role: "model" | "landmarks";
  readonly side: number;
  /** From the values given to our model to the levels its own library takes. */
  readonly toLevel: (value: number, channel: number) => number;
  readonly runOwn: OwnLibrary;
}

/** Mean colour of the nets of 68 landmarks and of 128 dimensions. */
const MEAN_COLOUR = [122.782, 117.001, 104.298];
const byMeanColour = (value: number, channel: number) => value * 255 + MEAN_COLOUR[channel]!;

const NETS: readonly BundledNet[] = [
  {
    id: "dlib-face-resnet",
    role: "model",
    side: 150,
    toLevel: byMeanColour,
    runOwn: async (faceApi, picture) => ({
      embedding: await runNet(faceApi, "faceRecognitionNet", "face_recognition_model", picture),
    }),
  },
  {
    id: "face-api-ssd",
    role: "landmarks",
    side: 112,
    toLevel: byMeanColour,
    runOwn: async (faceApi, picture) => ({
      landmarks: await runNet(faceApi, "faceLandmark68Net", "face_landmark_68_model", picture),
    }),
  },
  {
    id: "face-api-ssd",
    role: "model",
    side: 512,
    toLevel: (value) => value * 127.5 + 127.5,
    runOwn: async (faceApi, picture) => {
      const net = faceApi.nets.ssdMobilenetv1;
      await net.loadFromWeightMap(readTfjsWeights(faceApi.tf, faceApiModel("ssd_mobilenetv1_model")));
      const { boxes, scores } = (await net.forward(faceApi.tf.tensor(picture, [512, 512, 3]))) as Record<
        "boxes" | "scores",
        { dataSync(): Float32Array }[]
      >;
      // It speaks of y before x.
      const rows = boxes![0]!.dataSync();
      const swapped = rows.map((_, i) => rows[i ^ 1]!);
      return { boxes: swapped, scores: scores![0]!.dataSync() };
    },
  },
  {
    id: "centernet-mobilenetv3",
    role: "model",
    side: 512,
    toLevel: (value) => value,
    runOwn: async ({ tf }, picture) => {
      const run = await loadGraphModel(tf, resolvePackageFile("@vladmandic/human", "models/centernet.json")!);
      const output = "tower_0/detections";
      return { [output]: run(picture, [1, 512, 512, 3], output).dataSync() };
    },
  },
];

/** Prints how far the bundled models are from the same networks run by their own libraries; takes about a minute. */
export async function run(): Promise<void> {
  const faceApi = await loadFaceApi();
  for (const net of NETS) {
    const { files } = await bundledModel(net.id);
    const session = await createSession(files[net.role]!);
    const input = createInput(net);
    const ours = await session.run({ [session.inputNames[0]!]: input });
    const theirs = await net.runOwn(faceApi, toPicture(input, net));
    for (const [name, expected] of Object.entries(theirs)) {
      const given = ours[name]!.data as Float32Array;
      const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - given[i]!)), 0);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      console.log(
        `conversion: ${net.id} ${name}: ${given.length} numbers (${expected.length}) up to ${largest.toPrecision(3)}, ` +
          `most different by ${difference.toPrecision(2)}`,
      );
    }
    await session.release();
  }
}

/** A pattern that excites the net: waves ever narrower, in the range of levels for nets that take levels. */
function createInput({ side, toLevel }: BundledNet): Tensor {
  const takesLevels = toLevel(0, 0) === 0;
  const data = Float32Array.from({ length: 3 * side * side }, (_, i) => {
    const wave = Math.sin(i * i * 1e-4);
    return takesLevels ? 128 + 100 * wave : wave;
  });
  return { type: "float32", data, dims: [1, 3, side, side] };
}

function toPicture({ data }: Tensor, { side, toLevel }: BundledNet): Float32Array {
  const area = side * side;
  return Float32Array.from({ length: 3 * area }, (_, i) =>
    toLevel(Number(data[(i % 3) * area + Math.floor(i / 3)]), i % 3),
  );
}

async function runNet(
  { tf, nets }: FaceApi,
  name: "faceLandmark68Net" | "faceRecognitionNet",
  model: string,
  picture: Float32Array,
): Promise<Float32Array> {
  const side = Math.sqrt(picture.length / 3);
  await nets[name].loadFromWeightMap(readTfjsWeights(tf, faceApiModel(model)));
  const output = (await nets[name].forward(tf.tensor(picture, [side, side, 3]))) as {
    dataSync(): Float32Array;
  };
  return output.dataSync();
}

function faceApiModel(name: string): string {
  return resolvePackageFile("@vladmandic/face-api", `model/${name}-weights_manifest.json`)!;
}
