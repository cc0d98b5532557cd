import { type ReadonlySignal, signal } from "@preact/signals";
import type { PeopleSuggestion } from "../../../src/api/people.ts";
import type { ApiError } from "../api-client.ts";
import { toApiError } from "../state/resource.ts";

/** More questions are fetched when fewer than this wait. */
const LOW = 5;

/** What is known of the questions and of how far the user came. */
export interface ReviewState {
  /** The first one is asked now. */
  readonly questions: readonly PeopleSuggestion[];
  readonly answered: number;
  readonly skipped: number;
  /** Whether the server was asked at all, successfully. */
  readonly isLoaded: boolean;
  readonly error: ApiError | undefined;
}

/** Questions one by one: answered and skipped ones do not come again, answers can be taken back. */
export interface ReviewQueue {
  readonly state: ReadonlySignal<ReviewState>;
  /** Fetches questions; those that wait keep their order, new ones come after them. */
  refill(): Promise<void>;
  /** The question asked now was answered; `decisionIds` take it back. */
  answer(decisionIds: readonly number[]): void;
  skip(): void;
  /** Forgets what was skipped, and fetches. */
  askSkipped(): Promise<void>;
  /** The last answer or skip is taken back: its question is asked again. Gives the decisions to undo, none for a skip. */
  back(): readonly number[] | undefined;
}

interface Passed {
  readonly question: PeopleSuggestion;
  /** Undefined where it was skipped. */
  readonly decisionIds: readonly number[] | undefined;
}

/** An empty queue; `load` fetches the open questions, those that settle most first. */
export function createReviewQueue(load: () => Promise<readonly PeopleSuggestion[]>): ReviewQueue {
  const state = signal<ReviewState>({
    questions: [],
    answered: 0,
    skipped: 0,
    isLoaded: false,
    error: undefined,
  });
  let passed: readonly Passed[] = [];

  const show = (questions: readonly PeopleSuggestion[]) => {
    const answered = passed.filter(({ decisionIds }) => decisionIds !== undefined).length;
    state.value = { ...state.peek(), questions, answered, skipped: passed.length - answered };
  };
  const refill = async () => {
    try {
      const found = await load();
      const over = new Set(passed.map(({ question }) => keyOf(question)));
      const open = new Map(found.map((question) => [keyOf(question), question]));
      for (const key of over) open.delete(key);
      const [current, ...waiting] = state.peek().questions;
      // The one being looked at stays, whatever the server thinks now; those that wait are as it says.
      const kept = waiting.flatMap((question) => open.get(keyOf(question)) ?? []);
      const first = current === undefined ? [] : [current];
      const known = new Set([...first, ...kept].map(keyOf));
      state.value = { ...state.peek(), isLoaded: true, error: undefined };
      show([...first, ...kept, ...[...open.values()].filter((question) => !known.has(keyOf(question)))]);
    } catch (error) {
      state.value = { ...state.peek(), error: toApiError(error) };
    }
  };
  const pass = (decisionIds: readonly number[] | undefined) => {
    const [question, ...rest] = state.peek().questions;
    if (!question) return;
    passed = [...passed, { question, decisionIds }];
    show(rest);
    if (rest.length < LOW || decisionIds !== undefined) void refill();
  };
  return {
    state,
    refill,
    answer: (decisionIds) => pass(decisionIds),
    skip: () => pass(undefined),
    async askSkipped() {
      passed = passed.filter(({ decisionIds }) => decisionIds !== undefined);
      show(state.peek().questions);
      await refill();
    },
    back() {
      const last = passed.at(-1);
      if (!last) return undefined;
      passed = passed.slice(0, -1);
      show([last.question, ...state.peek().questions]);
      return last.decisionIds ?? [];
    },
  };
}

/** What makes two questions the same one: not how many faces it is about by now. */
function keyOf({ kind, persons, clusterId }: PeopleSuggestion): string {
  return [kind, ...persons.map(({ id }) => id).toSorted(), clusterId ?? ""].join(" ");
}
