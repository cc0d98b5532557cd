import type { Quad } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import type { DecodedLine } from "./ctc-decode.ts";
import { cropLine, isTall, turnHalf } from "./line-crop.ts";
import type { LineRecognizer } from "./line-recognizer.ts";

/**
 * Lines below this score are read a second time from a tighter crop. On the sample texts at 1920 px words found rise from
 * .774 to .794 with PP-OCRv6 tiny, for half as many readings more; with PP-OCRv4 they stay as they are.
 */
const SECOND_LOOK_SCORE = 0.97;
/** By how much the second reading must be surer; at 0 PP-OCRv4 loses a word in a hundred. */
const SECOND_LOOK_GAIN = 0.03;
/** The tighter crop in parts of the line's height: less above and below, more at both ends. */
const TIGHTER = { along: 0.1, across: -0.1 };

/**
 * What each line says. `lines` are the straightened crops of `quads`, pixels of the image, all upside down where the page
 * `isTurned`. A flat quad throws `bad_request`.
 */
export async function readLines(
  page: {
    readonly image: RasterImage;
    readonly quads: readonly Quad[];
    readonly lines: readonly RasterImage[];
    readonly isTurned: boolean;
  },
  recognizer: LineRecognizer,
): Promise<DecodedLine[]> {
  const { image, quads, lines, isTurned } = page;
  const upright = (line: RasterImage): RasterImage => (isTurned ? turnHalf(line) : line);
  const decoded = await recognizer.recognize(lines.map(upright));
  const unsure = quads.flatMap((_, i) => (isUnsure(decoded[i]!) ? [i] : []));
  const tighter = unsure.map((i) => upright(cropLine(image, stretchQuad(quads[i]!, TIGHTER))));
  for (const [k, again] of (await recognizer.recognize(tighter)).entries()) {
    if (isSurer(again, decoded[unsure[k]!]!)) decoded[unsure[k]!] = again;
  }
  return decoded;
}

function isUnsure({ text, score }: DecodedLine): boolean {
  return text !== "" && score < SECOND_LOOK_SCORE;
}

/** True when `again` is surer than `first` without being surer of much less text. */
function isSurer(again: DecodedLine, first: DecodedLine): boolean {
  const evidence = ({ text, score }: DecodedLine): number => score ** 2 * text.length;
  return again.score > first.score + SECOND_LOOK_GAIN && evidence(again) > evidence(first);
}

/** The quad moved outwards (inwards where negative) along and across its line, in parts of the line's height. */
export function stretchQuad(quad: Quad, by: { readonly along: number; readonly across: number }): Quad {
  const [x1, y1, x2, y2, x3, y3, x4, y4] = quad;
  const width = Math.hypot(x2 - x1, y2 - y1);
  const height = Math.hypot(x4 - x1, y4 - y1);
  const lineHeight = Math.min(width, height);
  const [horizontal, vertical] = isTall(quad) ? [by.across, by.along] : [by.along, by.across];
  const right = (lineHeight * horizontal) / width;
  const down = (lineHeight * vertical) / height;
  const [rightX, rightY] = [(x2 - x1) * right, (y2 - y1) * right];
  const [downX, downY] = [(x4 - x1) * down, (y4 - y1) * down];
  return [
    x1 - rightX - downX,
    y1 - rightY - downY,
    x2 + rightX - downX,
    y2 + rightY - downY,
    x3 + rightX + downX,
    y3 + rightY + downY,
    x4 - rightX + downX,
    y4 - rightY + downY,
  ];
}
