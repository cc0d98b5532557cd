/** Something a human decided. */
export interface NewDecision {
  readonly kind: string;
  readonly actor: string;
  /** What was decided; anything JSON can hold. */
  readonly payload: unknown;
  /** What takes it back. */
  readonly inverse: unknown;
  /** Id of the decision that this one takes back. */
  readonly undoes?: number;
}

/** A decision as it was appended; it never changes. */
export interface Decision extends NewDecision {
  readonly id: number;
  readonly decidedAt: number;
}

/** The append-only history of human decisions. */
export interface DecisionStore {
  append(decision: NewDecision): Promise<Decision>;
  get(decisionId: number): Promise<Decision | undefined>;
  /** Newest first. */
  list(options: {
    readonly kinds?: readonly string[];
    readonly limit: number;
    readonly offset: number;
  }): Promise<readonly Decision[]>;
  count(kinds?: readonly string[]): Promise<number>;
}
