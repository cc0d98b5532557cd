import { randomUUID } from "node:crypto";

/** Lists that are remembered for further pages: 5,000 hits take half a megabyte at most. */
const MAX_RUNS = 40;

/** Forgotten after this long, milliseconds. */
const MAX_AGE_MS = 10 * 60_000;

/** Hexadecimal digits of a run's name, as cursors have it. */
const NAME_LENGTH = 16;

interface Remembered<Run> {
  readonly question: string;
  readonly run: Run;
  readonly at: number;
}

/** What searches found, kept so that further pages come from the same list, whatever is imported meanwhile. */
export interface SearchRuns<Run> {
  /** Keeps what a question found; gives its name. */
  remember(question: string, run: Run): string;
  /** What was found; undefined when it was forgotten, or the question was another one. */
  recall(name: string, question: string): Run | undefined;
}

/** See {@link SearchRuns}; what was used longest ago is forgotten first. */
export function createSearchRuns<Run>(now: () => number = Date.now): SearchRuns<Run> {
  // A Map keeps insertion order, so the first key is the one used longest ago.
  const runs = new Map<string, Remembered<Run>>();
  return {
    remember(question, run) {
      // Drawn ahead of need by Node, unlike bytes, which cost half a millisecond each time while the machine is busy.
      const name = randomUUID().replaceAll("-", "").slice(0, NAME_LENGTH);
      runs.set(name, { question, run, at: now() });
      if (runs.size > MAX_RUNS) runs.delete(runs.keys().next().value!);
      return name;
    },
    recall(name, question) {
      const known = runs.get(name);
      if (known === undefined || known.question !== question) return undefined;
      runs.delete(name);
      if (now() - known.at > MAX_AGE_MS) return undefined;
      runs.set(name, known);
      return known.run;
    },
  };
}
