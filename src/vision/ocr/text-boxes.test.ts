import { describe, expect, it } from "vitest";
import type { Point } from "../../core/geometry.ts";
import { hasShared, readSharedImage, readSharedJson } from "../../../test/shared-files.ts";
import { minimumAreaRectangle } from "./minimum-area-rectangle.ts";
import { findTextBoxes, growRectangle, type TextBoxOptions } from "./text-boxes.ts";
import type { ProbabilityMap } from "./text-regions.ts";

const OPTIONS: TextBoxOptions = {
  mapThreshold: 0.3,
  boxThreshold: 0.5,
  unclipRatio: 1.5,
  dilate: false,
  scoreOver: "rectangle",
};

function mapOf(width: number, height: number, value: (x: number, y: number) => number): ProbabilityMap {
  const data = Float32Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)),
  );
  return { data, width, height };
}

describe("findTextBoxes", () => {
  it("finds nothing in an empty map", () => {
    const map = mapOf(32, 32, () => 0);
    expect(findTextBoxes(map, { width: 32, height: 32 }, OPTIONS)).toEqual([]);
  });

  it("grows a bar by area · ratio / perimeter and scales it to the destination", () => {
    const map = mapOf(100, 60, (x, y) => (x >= 20 && x <= 60 && y >= 20 && y <= 30 ? 0.9 : 0));
    const [box] = findTextBoxes(map, { width: 200, height: 120 }, OPTIONS);
    // 40 × 10 · 1.5 / 100 = 6 pixels of the map on every side.
    expect(box!.quad).toEqual([28, 28, 132, 28, 132, 72, 28, 72]);
    expect(box!.score).toBeCloseTo(0.9, 5);
  });

  it("drops regions that are too thin or not probable enough", () => {
    const map = mapOf(100, 60, (x, y) => (y === 5 ? 0.9 : x > 40 && x < 80 && y > 20 && y < 40 ? 0.4 : 0));
    expect(findTextBoxes(map, { width: 100, height: 60 }, OPTIONS)).toEqual([]);
  });
});

interface Run {
  readonly thresh: number;
  readonly box_thresh: number;
  readonly unclip_ratio: number;
  readonly use_dilation: boolean;
  readonly score_mode: "fast" | "slow";
  readonly dest_hw: readonly [number, number];
  readonly quads: readonly (readonly (readonly [number, number])[])[];
  readonly scores: readonly number[];
  readonly quads_self_intersecting: readonly number[];
}

interface Growth {
  readonly box: readonly (readonly [number, number])[];
  readonly unclip_ratio: number;
  readonly mini_box: readonly (readonly [number, number])[];
  readonly short_side: number;
}

const DATA = "conformance/ocr/db.json";
const isHere = hasShared("text boxes against the reference", DATA);
const runs = isHere
  ? readSharedJson<{ maps: { map: string; runs: Run[] }[] }>(DATA).maps.flatMap(({ map, runs: of }) =>
      of.map((run, index) => ({ map, index, run })),
    )
  : [];

function corners(quad: readonly number[]): Point[] {
  return [0, 2, 4, 6].map((i) => ({ x: quad[i]!, y: quad[i + 1]! }));
}

/** Largest distance of a corner from its counterpart, for the best rotation of the corner order. */
function cornerDistance(a: readonly Point[], b: readonly Point[]): number {
  const turned = [0, 1, 2, 3].map((turn) =>
    Math.max(
      ...a.map((p, i) =>
        Math.max(Math.abs(p.x - b[(i + turn) % 4]!.x), Math.abs(p.y - b[(i + turn) % 4]!.y)),
      ),
    ),
  );
  return Math.min(...turned);
}

const growths = isHere ? readSharedJson<{ unclip: Growth[] }>(DATA).unclip : [];

describe.skipIf(!isHere)("growRectangle against pyclipper", () => {
  it.each(growths)("grows $box by $unclip_ratio", ({ box, unclip_ratio: ratio, mini_box, short_side }) => {
    const rectangle = minimumAreaRectangle(box.map(([x, y]) => ({ x, y })))!;
    const grown = growRectangle(rectangle, ratio)!;
    const expected = mini_box.map(([x, y]) => ({ x, y }));
    expect(cornerDistance(grown.corners, expected)).toBeLessThanOrEqual(0.01);
    expect(Math.abs(grown.shortSide - short_side)).toBeLessThanOrEqual(0.01);
  });
});

describe.skipIf(!isHere)("findTextBoxes against DBPostProcess", () => {
  it.each(runs)("agrees on $map, run $index", async ({ map, run }) => {
    const image = await readSharedImage(`conformance/ocr/${map}`);
    const probabilities = mapOf(
      image.width,
      image.height,
      (x, y) => image.data[(y * image.width + x) * 3]! / 255,
    );
    const [height, width] = run.dest_hw;
    const boxes = findTextBoxes(
      probabilities,
      { width, height },
      {
        mapThreshold: run.thresh,
        boxThreshold: run.box_thresh,
        unclipRatio: run.unclip_ratio,
        dilate: run.use_dilation,
        scoreOver: run.score_mode === "fast" ? "rectangle" : "region",
      },
    );
    expect(boxes).toHaveLength(run.quads.length);
    for (const [index, quad] of run.quads.entries()) {
      if (run.quads_self_intersecting.includes(index)) continue;
      const expected = quad.map(([x, y]) => ({ x, y }));
      const distances = boxes.map((box) => cornerDistance(corners(box.quad), expected));
      const nearest = distances.indexOf(Math.min(...distances));
      // Two pixels of the map: the reference's single-precision corners fall on either side of a whole pixel.
      const scale = Math.max(1, width / image.width, height / image.height);
      expect(distances[nearest]).toBeLessThanOrEqual(2 * scale);
      expect(Math.abs(boxes[nearest]!.score - run.scores[index]!)).toBeLessThanOrEqual(0.01);
    }
  });
});
