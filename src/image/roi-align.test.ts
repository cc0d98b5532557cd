import { describe, expect, it } from "vitest";
import { hasShared, readSharedJson, readSharedNumpy } from "../../test/shared-files.ts";
import { roiAlign } from "./roi-align.ts";

interface ReferenceCase {
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly spatial_scale: number;
  readonly output_hw: readonly [number, number];
  readonly sampling_ratio: number;
  readonly aligned: boolean;
  readonly rois_b_x1y1x2y2: readonly (readonly [number, number, number, number, number])[];
  readonly x: string;
  readonly y: string;
}

const FOLDER = "conformance/roialign";
const isHere = hasShared("RoIAlign as torchvision computes it", FOLDER);
const cases = isHere ? readSharedJson<{ cases: ReferenceCase[] }>(`${FOLDER}/cases.json`).cases : [];

describe("roiAlign", () => {
  it.skipIf(!isHere).each(cases)("gives what torchvision gives: $C channels of $W × $H", (reference) => {
    const { C: channels, H: height, W: width } = reference;
    const maps = readSharedNumpy(`${FOLDER}/${reference.x}`).data;
    const expected = readSharedNumpy(`${FOLDER}/${reference.y}`).data;
    const [rows, columns] = reference.output_hw;
    const length = channels * rows * columns;
    for (const [i, [batch, x, y, right, bottom]] of reference.rois_b_x1y1x2y2.entries()) {
      const from = batch * channels * width * height;
      const map = { data: maps.subarray(from, from + channels * width * height), channels, width, height };
      const found = roiAlign(
        map,
        { x, y, width: right - x, height: bottom - y },
        {
          size: { width: columns, height: rows },
          samplingRatio: reference.sampling_ratio,
          spatialScale: reference.spatial_scale,
          isAligned: reference.aligned,
        },
      );
      const worst = Math.max(...found.map((value, k) => Math.abs(value - expected[i * length + k]!)));
      expect(worst, `box ${i}`).toBeLessThanOrEqual(1e-4);
    }
  });

  const ramp = { data: Array.from({ length: 64 }, (_, i) => i % 8), channels: 1, width: 8, height: 8 };

  it("copies the pixels of a box with whole borders", () => {
    const found = roiAlign(
      ramp,
      { x: 2, y: 1, width: 3, height: 2 },
      { size: { width: 3, height: 2 }, samplingRatio: 1 },
    );
    expect([...found]).toEqual([2, 3, 4, 2, 3, 4]);
  });

  it("follows a box that moves by a part of a pixel", () => {
    const found = roiAlign(
      ramp,
      { x: 2.25, y: 1, width: 2, height: 1 },
      { size: { width: 2, height: 1 }, samplingRatio: 1 },
    );
    expect([...found]).toEqual([2.25, 3.25]);
  });

  it("takes the mean of all pixels of a cell when it is left to choose its samples", () => {
    const found = roiAlign(
      ramp,
      { x: 0, y: 0, width: 8, height: 8 },
      { size: { width: 2, height: 1 }, samplingRatio: 0 },
    );
    expect([...found]).toEqual([1.5, 5.5]);
  });
});
