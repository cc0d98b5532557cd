/**
 * Reads the fields of IPTC-IIM that captions were kept in before XMP (IPTC Information Interchange Model 4.2, record 2), bare
 * or inside Photoshop's resource blocks. Cost: O(bytes). Contract: bounds-checked, never throws.
 */
import { decodeText } from "./clean-text.ts";
import { parseDateTime, type RecordedTime } from "./date-time.ts";

/** What an IPTC block says of a photo. */
export interface IptcFields {
  readonly title?: string;
  readonly description?: string;
  readonly keywords: readonly string[];
  readonly dateCreated?: RecordedTime;
}

/** Starts every data set; record 2 is the one about the picture. */
const TAG_MARKER = 0x1c;
const APPLICATION_RECORD = 2;

const TITLE = 5;
const KEYWORD = 25;
const DATE_CREATED = 55;
const TIME_CREATED = 60;
const CAPTION = 120;

/** More data sets than any caption has. */
const MAX_DATA_SETS = 2000;

/** The fields of an IPTC block; what is absent or malformed is left out. */
export function readIptc(block: Uint8Array): IptcFields {
  const sets = readDataSets(block);
  const first = (set: number) => sets.find(([number]) => number === set)?.[1];
  const title = first(TITLE);
  const description = first(CAPTION);
  const dateCreated = toTime(first(DATE_CREATED), first(TIME_CREATED));
  return {
    keywords: sets.filter(([number]) => number === KEYWORD).map(([, text]) => text),
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(dateCreated && { dateCreated }),
  };
}

function readDataSets(block: Uint8Array): (readonly [number, string])[] {
  const sets: (readonly [number, string])[] = [];
  let at = findStart(block);
  while (at + 5 <= block.length && block[at] === TAG_MARKER && sets.length < MAX_DATA_SETS) {
    const length = block[at + 3]! * 256 + block[at + 4]!;
    // The top bit announces a longer length field, which no text needs.
    if (length >= 0x8000 || at + 5 + length > block.length) break;
    const text = decodeText(block.subarray(at + 5, at + 5 + length));
    if (block[at + 1] === APPLICATION_RECORD && text !== undefined) sets.push([block[at + 2]!, text]);
    at += 5 + length;
  }
  return sets;
}

/** Data sets may be preceded by the headers of Photoshop's resource blocks. */
function findStart(block: Uint8Array): number {
  for (let at = 0; at + 5 <= block.length; at++) {
    if (block[at] === TAG_MARKER && (block[at + 1] === APPLICATION_RECORD || block[at + 1] === 1)) return at;
  }
  return block.length;
}

/** `20231005` and `180459+0200`; a date without a time says nothing of the clock. */
function toTime(date: string | undefined, time: string | undefined): RecordedTime | undefined {
  const day = /^(\d{4})(\d{2})(\d{2})$/.exec(date ?? "");
  const clock = /^(\d{2})(\d{2})(\d{2})([+-]\d{4})?$/.exec(time ?? "");
  if (day === null || clock === null) return undefined;
  return parseDateTime(`${day[1]}-${day[2]}-${day[3]}T${clock[1]}:${clock[2]}:${clock[3]}${clock[4] ?? ""}`);
}
