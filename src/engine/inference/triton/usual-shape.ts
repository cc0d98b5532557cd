import type { ModelSettings } from "../../../onnx/model-settings.ts";

/** A line of text of ordinary length, pixels; its model takes any. */
const USUAL_LINE_WIDTH = 320;

/** Where nothing says how large a picture is, pixels. */
const USUAL_SIDE = 224;

/**
 * A real shape for a declared one: free axes get what the model is usually run with. Of pictures [N, C, H, W] or [N, H,
 * W, C] these are height and width, of texts [N, tokens]; N is 1.
 */
export function usualShape(declared: readonly number[], settings: ModelSettings): readonly number[] {
  const [height, width] = usualSize(settings);
  const isText = declared.length < 4;
  const isChannelsLast = declared.at(-1) === 3 || declared.at(-1) === 1;
  const pictureAxes = isChannelsLast ? [1, height, width, 3] : [1, 3, height, width];
  const textAxes = [1, "contextLength" in settings ? settings.contextLength : 1, 1];
  return declared.map((axis, i) => (axis === -1 ? ((isText ? textAxes : pictureAxes)[i] ?? 1) : axis));
}

/** Height and width, pixels. */
function usualSize(settings: ModelSettings): readonly [number, number] {
  if ("inputSize" in settings) return [settings.inputSize, settings.inputSize];
  if ("inputWidth" in settings) return [settings.inputHeight, settings.inputWidth];
  if ("inputHeight" in settings) return [settings.inputHeight, USUAL_LINE_WIDTH];
  if ("maxSide" in settings) return [roundUp32((settings.maxSide * 3) / 4), roundUp32(settings.maxSide)];
  return [USUAL_SIDE, USUAL_SIDE];
}

/** Text detectors take multiples of 32. */
function roundUp32(side: number): number {
  return Math.ceil(side / 32) * 32;
}
