import { KeepsightError } from "../../core/errors.ts";
import type { PhotoPlaceInTime } from "../../database/photo-pages.ts";

/** Where the next page begins: after a photo in the order of time, or at a place in a list that is remembered. */
export type SearchCursor =
  | { readonly kind: "time"; readonly after: PhotoPlaceInTime }
  | { readonly kind: "list"; readonly run: string; readonly offset: number };

const TIME = /^t(-?\d{1,9})\.(-?\d{1,16})\.(\d{1,16})$/;
const LIST = /^r([0-9a-f]{16})\.(\d{1,9})$/;

/** A cursor as clients pass it on. */
export function formatCursor(cursor: SearchCursor): string {
  if (cursor.kind === "list") return `r${cursor.run}.${cursor.offset}`;
  const { takenDay, takenAtMs, id } = cursor.after;
  return `t${takenDay}.${takenAtMs}.${id}`;
}

/** The cursor that {@link formatCursor} wrote; `bad_request` for any other text. */
export function parseCursor(text: string): SearchCursor {
  const time = TIME.exec(text);
  if (time !== null)
    return {
      kind: "time",
      after: { takenDay: Number(time[1]), takenAtMs: Number(time[2]), id: Number(time[3]) },
    };
  const list = LIST.exec(text);
  if (list !== null) return { kind: "list", run: list[1]!, offset: Number(list[2]) };
  throw new KeepsightError(
    "bad_request",
    "The cursor is none of ours: pass on the `nextCursor` of an answer.",
  );
}
