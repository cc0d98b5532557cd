/** The language of dates and numbers; all texts are in the same. */
export const locale = "en-GB";

/** The direction in which it is written; the whole app follows it. */
export const direction: "ltr" | "rtl" = "ltr";

/** A number and the noun for it. */
export const plural = (count: number, one: string, many: string): string =>
  `${count.toLocaleString(locale)} ${count === 1 ? one : many}`;

/** "3 photos". */
export const photos = (count: number): string => plural(count, "photo", "photos");

/** "3 faces". */
export const faces = (count: number): string => plural(count, "face", "faces");

/** "3 people". */
export const people = (count: number): string => plural(count, "person", "people");

/** Beyond this a name inside a sentence is cut, UTF-16 code units. */
const LONGEST_NAME = 48;

/** A name inside a sentence: of either direction, and not longer than a line. */
export const named = (name: string): string =>
  `\u2068${name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME).trimEnd()}…` : name}\u2069`;
