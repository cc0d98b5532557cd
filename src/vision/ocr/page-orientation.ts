import type { RasterImage } from "../../core/raster-image.ts";
import type { TextOrientationSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";
import { scaleLine, toLineBatch } from "./line-tensor.ts";

/** Lines asked: more do not change a vote, and each costs about a millisecond. */
const MAX_VOTERS = 16;
/** Class of the model that means "upside down". */
const TURNED_CLASS = 1;

/** Suspects pages of lines of standing on their heads. */
export interface PageOrientation {
  isUpsideDown(lines: readonly RasterImage[]): Promise<boolean>;
}

/**
 * One vote of all lines together: a single line is misjudged often ("OMNI HOTELS"), a page hardly ever. `lines` are straightened and
 * horizontal; without lines the page stands upright.
 */
export function createPageOrientation(model: {
  readonly session: InferenceSession;
  readonly settings: TextOrientationSettings;
}): PageOrientation {
  const { session, settings } = model;
  return {
    async isUpsideDown(lines) {
      const voters = lines.toSorted((a, b) => b.width - a.width).slice(0, MAX_VOTERS);
      if (voters.length === 0) return false;
      const scaled = voters.map((line) => scaleLine(line, settings.inputHeight, settings.inputWidth));
      const { data } = await runSingle(session, toLineBatch(scaled, settings.inputWidth, settings.pixels));
      let turned = 0;
      for (let i = 0; i < voters.length; i++) turned += data[i * 2 + TURNED_CLASS]!;
      return turned > voters.length / 2;
    },
  };
}
