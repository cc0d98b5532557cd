/**
 * How far a hit can be trusted. `strong`: it matches, as far as a program can tell; `maybe`: it is more like the query than
 * chance would have it, or matches in part. What is less than that is no hit.
 */
export const SECTIONS = ["strong", "maybe"] as const;
export type Section = (typeof SECTIONS)[number];

/** What a search comes to: its best section, or that nothing matches. */
export const VERDICTS = ["strong", "maybe", "nothing"] as const;
export type Verdict = (typeof VERDICTS)[number];
