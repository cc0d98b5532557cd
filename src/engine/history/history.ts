import { KeepsightError } from "../../core/errors.ts";
import type { Decision, DecisionStore } from "../../database/decision-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import type { Decided } from "../people/decide-people.ts";
import { describeDecision } from "./describe-decision.ts";

/** A decision as the history shows it. */
export interface HistoryEntry {
  readonly decision: Decision;
  readonly summary: string;
  /** Whether it was taken back, and that was not taken back in turn. */
  readonly isUndone: boolean;
  /** Whether its kind can be taken back, and it is the last word on the matter. */
  readonly canUndo: boolean;
}

/** Everything humans decided, and the way back. */
export interface History {
  list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly HistoryEntry[]; readonly total: number }>;
  undo(decisionId: number, actor: string): Promise<Decided>;
}

/** Who takes decisions of some kinds back. */
export interface Undoer {
  /** Tells its kinds by their beginning. */
  readonly kinds: RegExp;
  /** Takes a decision back, or an undo of one: `conflict` when something else speaks against it. */
  undo(decisionId: number, actor: string): Promise<Decided>;
}

/** `kind` of a decision that takes another one back. */
const UNDO = "undo";

export function createHistory(options: {
  readonly decisions: DecisionStore;
  readonly persons: PersonStore;
  /** The first that knows the kind of a decision takes it back. */
  readonly undoers: readonly Undoer[];
}): History {
  const { decisions, persons, undoers } = options;
  const undoerOf = (kind: string) => undoers.find(({ kinds }) => kinds.test(kind));

  /** The decision that this one takes back, perhaps by way of other undos; itself when it is none. */
  async function findRoot(decision: Decision): Promise<Decision> {
    let root: Decision | undefined = decision;
    while (root?.undoes !== undefined) root = await decisions.get(root.undoes);
    return root ?? decision;
  }

  return {
    async list({ limit, offset }) {
      const items = await decisions.list({ limit, offset });
      const [total, names, undone] = await Promise.all([
        decisions.count(),
        persons.allNames(),
        decisions.undoneBy(items.map(({ id }) => id)),
      ]);
      const nameOf = (personId: string) => names.get(personId) ?? "somebody";
      return {
        items: items.map((decision) => ({
          decision,
          summary: describeDecision(decision, nameOf),
          isUndone: undone.get(decision.id) === true,
          canUndo:
            (decision.kind === UNDO || undoerOf(decision.kind) !== undefined) && !undone.has(decision.id),
        })),
        total,
      };
    },
    async undo(decisionId, actor) {
      const decision = await decisions.get(decisionId);
      if (decision === undefined)
        throw new KeepsightError("not_found", `There is no decision ${decisionId}.`);
      const undoer = undoerOf((await findRoot(decision)).kind);
      if (undoer !== undefined) return undoer.undo(decisionId, actor);
      throw new KeepsightError(
        "conflict",
        `Decisions of the kind ${decision.kind} cannot be taken back here.`,
      );
    },
  };
}
