import { KeepsightError } from "../core/errors.ts";
import type { Size } from "../core/geometry.ts";
import type { TextLine } from "../core/photo-analysis.ts";
import type { AnalyserPool } from "./analyser/analyser-pool.ts";
import type { ReceivedPicture } from "./people/look-at-faces.ts";

/** The text of one picture. */
export interface ReadText {
  /** Pixels of the upright picture. */
  readonly size: Size;
  /** In reading order. */
  readonly lines: readonly TextLine[];
  readonly modelId?: string;
}

/** Reads the text in a picture that is no photo of the library; `model_missing` without a reader, `undecodable` for no picture. */
export type ReadPictureText = (picture: ReceivedPicture) => Promise<ReadText>;

/** A reader over the analysers. */
export function createTextReading({ analyse }: Pick<AnalyserPool, "analyse">): ReadPictureText {
  return async ({ path, fileName }) => {
    const { analysis } = await analyse({ type: "analyse", path, steps: ["ocr"] });
    const { status, errorCode, reason = "The text could not be read.", modelId } = analysis.steps.ocr ?? {};
    if (status === "skipped") throw new KeepsightError("model_missing", reason);
    if (status !== "done") {
      const code = (errorCode ?? "undecodable") as KeepsightError["code"];
      throw new KeepsightError(code, reason.replaceAll(path, fileName).replaceAll(baseOf(path), fileName));
    }
    return {
      size: { width: analysis.width ?? 1, height: analysis.height ?? 1 },
      lines: analysis.textLines,
      ...(modelId === undefined ? {} : { modelId }),
    };
  };
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
