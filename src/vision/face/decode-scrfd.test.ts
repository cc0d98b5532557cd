import { describe, expect, it, test } from "vitest";

import { catalogSettings } from "../../../test/catalog-settings.ts";
import { hasShared, readSharedImage, readSharedJson, sharedPath } from "../../../test/shared-files.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { createSession } from "../../onnx/create-session.ts";
import type { FaceDetectionSettings } from "../../onnx/model-settings.ts";
import type { Tensor } from "../../onnx/session.ts";
import { decodeScrfd } from "./decode-scrfd.ts";
import { postprocess, preprocess } from "./face-detector.ts";

interface Case {
  readonly input_size_wh: [number, number];
  readonly det_scale: number;
  readonly anchors_per_cell: number;
  readonly det_thresh: number;
  readonly nms_thresh: number;
  readonly above_threshold: readonly {
    stride: number;
    index: readonly number[];
    score: readonly number[];
    bbox: readonly (readonly number[])[];
    kps: readonly (readonly number[])[];
  }[];
  /** left, top, right, bottom, score. */
  readonly det: readonly [number, number, number, number, number][];
  readonly kps: readonly (readonly [number, number][])[];
}

const MODEL = "models/face-detection/scrfd_2.5g.onnx";
const PHOTO = "photos/people/six-faces.jpg";
const VECTORS = "conformance/face/scrfd.json";
const hasConformance = hasShared("SCRFD decoding against insightface", VECTORS);
const cases = hasConformance ? readSharedJson<{ cases: Case[] }>(VECTORS).cases : [];

/** The raw heads: rows that the vectors do not list score nothing. */
function outputsOf({ input_size_wh: [width, height], anchors_per_cell, above_threshold }: Case): Tensor[] {
  return above_threshold.flatMap(({ stride, index, score, bbox, kps }) => {
    const anchors = (width / stride) * (height / stride) * anchors_per_cell;
    const head = (columns: number, rows: readonly (readonly number[])[]): Tensor => {
      const data = new Float32Array(anchors * columns);
      for (const [i, row] of rows.entries()) data.set(row, index[i]! * columns);
      return { type: "float32", data, dims: [anchors, columns] };
    };
    return [
      head(
        1,
        score.map((value) => [value]),
      ),
      head(4, bbox),
      head(10, kps),
    ];
  });
}

describe("decodeScrfd", () => {
  test.skipIf(!hasConformance).each(cases)(
    "with suppression gives the faces of insightface in $image_hw",
    (vector) => {
      const [width, height] = vector.input_size_wh;
      const settings = {
        head: "scrfd",
        scoreThreshold: vector.det_thresh,
        iouThreshold: vector.nms_thresh,
      } as FaceDetectionSettings;
      const faces = postprocess(outputsOf(vector), {
        frame: { width, height },
        transform: { scale: vector.det_scale, offsetX: 0, offsetY: 0 },
        settings,
      });
      const found = vector.det.map(([, , , , score]) =>
        faces.find((face) => Math.abs(face.score - score) < 1e-6)!,
      );
      for (const [i, [left, top, right, bottom]] of vector.det.entries()) {
        const { box, landmarks } = found[i]!;
        const numbers = [box.x, box.y, box.x + box.width, box.y + box.height];
        numbers.push(...landmarks!.flatMap(({ x, y }) => [x, y]));
        const expected = [left, top, right, bottom, ...vector.kps[i]!.flat()];
        for (const [k, number] of numbers.entries())
          expect(Math.abs(number - expected[k]!)).toBeLessThan(0.01);
      }
      // insightface adds a pixel to both sides of a box before it compares, which tips pairs at the threshold.
      for (const face of faces.filter((item) => !found.includes(item))) {
        const overlaps = found.map((other) => intersectionOverUnion(other.box, face.box));
        expect(Math.max(...overlaps)).toBeGreaterThan(vector.nms_thresh - 0.01);
      }
    },
  );

  it.skipIf(!hasShared("both layouts of SCRFD", MODEL, PHOTO))(
    "gives the same faces for outputs with and without a batch axis, in any order",
    async () => {
      const session = await createSession(sharedPath(MODEL));
      const settings = catalogSettings("scrfd-2.5g", "face-detection");
      const frame = { width: 640, height: 480 };
      const { tensor, transform } = preprocess(await readSharedImage(PHOTO), frame, settings);
      const outputs = Object.values(await session.run({ [session.inputNames[0]!]: tensor }));
      await session.release();
      expect(outputs.map(({ dims }) => dims.length)).toEqual(Array.from({ length: 9 }, () => 2));
      const batched = outputs.map((output) => ({ ...output, dims: [1, ...output.dims] }));
      const faces = postprocess(outputs, { frame, transform, settings });
      expect(faces).toHaveLength(6);
      expect(postprocess(batched.toReversed(), { frame, transform, settings })).toEqual(faces);
    },
  );

  it("measures from the anchor, whose cells have several", () => {
    const level = {
      stride: 16,
      columns: 3,
      anchorsPerCell: 2,
      anchorCount: 12,
      scores: [new Float32Array(12)],
      boxes: new Float32Array(48),
      landmarks: new Float32Array(120),
    };
    level.scores[0]![9] = 0.75;
    level.boxes.set([1, 2, 3, 4], 9 * 4);
    level.landmarks.set([0, 0.5, 1, 0, 0, 0, 0, 0, -1, 0], 9 * 10);
    expect(decodeScrfd([level], 0.5)).toEqual([
      {
        box: { x: 0, y: -16, width: 64, height: 96 },
        landmarks: [
          { x: 16, y: 24 },
          { x: 32, y: 16 },
          { x: 16, y: 16 },
          { x: 16, y: 16 },
          { x: 0, y: 16 },
        ],
        score: 0.75,
      },
    ]);
  });
});
