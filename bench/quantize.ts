import { globSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeImage } from "../src/image/decode.ts";
import { createSession } from "../src/onnx/create-session.ts";
import { ClipSettings } from "../src/onnx/model-settings.ts";
import { compareEmbeddings } from "../src/onnx/quantize/compare-embeddings.ts";
import { quantizeTower } from "../src/onnx/quantize/quantize-tower.ts";
import { createImageEncoder } from "../src/vision/clip/image-encoder.ts";
import { hasShared, sharedPath } from "../test/shared-files.ts";
import { writePhotos } from "../test/generated-photos.ts";
import { createVitTower, VIT_B_32 } from "../test/vit-tower.ts";
import { measureCpu } from "./measure/cpu-time.ts";

/** Photos that both towers see, alternately, so that a busy machine slows both. */
const PHOTOS = 60;

const SETTINGS = ClipSettings.parse({
  task: "clip",
  inputSize: VIT_B_32.inputSize,
  resize: "bicubic",
  fit: "crop",
  pixels: { colourOrder: "rgb", scale: 1 / 255, mean: [0.481, 0.458, 0.408], std: [0.269, 0.261, 0.276] },
  dimensions: VIT_B_32.dimensions,
  contextLength: 77,
  tokenType: "int64",
});

/**
 * `npm run bench quantize [FILE]`: a tower before and after quantisation, on one thread, in one run. FILE is an image tower
 * with an input of 224 × 224 and 512 dimensions; without one a tower of the shape of CLIP ViT-B/32 with made-up weights.
 */
export async function run([file]: string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-quantize-"));
  try {
    const exact = file ?? join(folder, "vit-b-32.onnx");
    const quantized = join(folder, "quantized.onnx");
    if (file === undefined) await writeFile(exact, createVitTower(VIT_B_32));
    for (const leaveContractions of [false, true]) {
      const started = performance.now();
      const { productCount } = quantizeTower(exact, quantized, { leaveContractions });
      const seconds = (performance.now() - started) / 1000;
      console.log(
        `\n${leaveContractions ? "careful" : "fast"}: ${productCount} products, quantised in ${seconds.toFixed(1)} s`,
      );
      await compare(exact, quantized, await photosIn(folder));
    }
    const { maxRSS } = process.resourceUsage();
    if (file !== undefined) console.log(`\npeak memory ${Math.round(maxRSS / 1024)} MB`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function photosIn(folder: string): Promise<string[]> {
  if (hasShared("sample photos", "photos/scenes"))
    return globSync(sharedPath("photos/scenes/*.jpg")).toSorted().slice(0, PHOTOS);
  const photos = await writePhotos(join(folder, "photos"), PHOTOS * 2);
  return photos
    .filter(({ kind }) => kind === "plain")
    .slice(0, PHOTOS)
    .map(({ path }) => path);
}

async function compare(exactPath: string, quantizedPath: string, photos: readonly string[]): Promise<void> {
  const towers = await Promise.all([exactPath, quantizedPath].map(openTower));
  for (const path of photos) {
    const { image } = await decodeImage(path, { maxSide: 640 });
    for (const tower of towers) await tower.look(image);
  }
  const [exact, quantized] = towers as [(typeof towers)[0], (typeof towers)[0]];
  const fidelity = compareEmbeddings({ exact: exact.embeddings, quantized: quantized.embeddings });
  const bytes = await Promise.all([exactPath, quantizedPath].map(async (path) => (await stat(path)).size));
  report("size", bytes[0]! / 1e6, bytes[1]! / 1e6, "MB");
  report("one photo", exact.medianMs(), quantized.medianMs(), "ms CPU");
  console.log(
    `  cosine ${fidelity.meanCosine.toFixed(5)}, lowest ${fidelity.lowestCosine.toFixed(5)}; ` +
      `neighbours kept ${fidelity.neighbourRecall.toFixed(3)} (${photos.length} photos)`,
  );
  await Promise.all(towers.map((tower) => tower.release()));
}

async function openTower(path: string) {
  const session = await createSession(path);
  const encoder = createImageEncoder({ session, settings: SETTINGS });
  const embeddings: Float32Array[] = [];
  const times: number[] = [];
  return {
    embeddings,
    async look(image: Parameters<typeof encoder.encode>[0]) {
      const { cpuMs, value } = await measureCpu(() => encoder.encode(image));
      embeddings.push(value);
      times.push(cpuMs);
    },
    medianMs: () => times.toSorted((a, b) => a - b)[times.length >> 1]!,
    release: () => session.release(),
  };
}

function report(what: string, exact: number, quantized: number, unit: string): void {
  console.log(
    `  ${what.padEnd(10)} float32 ${exact.toFixed(1)} ${unit}, int8 ${quantized.toFixed(1)} ${unit}: ` +
      `${(exact / quantized).toFixed(2)} times less`,
  );
}
