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

/** Kinds of decisions that can be taken back, by their beginning. */
const UNDOABLE = /^(person|face|cluster)\.|^undo$/;

export function createHistory(options: {
  readonly decisions: DecisionStore;
  readonly persons: PersonStore;
  readonly undoPeople: (decisionId: number, actor: string) => Promise<Decided>;
}): History {
  const { decisions, persons, undoPeople } = options;
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
          canUndo: UNDOABLE.test(decision.kind) && !undone.has(decision.id),
        })),
        total,
      };
    },
    async undo(decisionId, actor) {
      const decision = await decisions.get(decisionId);
      if (decision === undefined)
        throw new KeepsightError("not_found", `There is no decision ${decisionId}.`);
      if (UNDOABLE.test(decision.kind)) return undoPeople(decisionId, actor);
      throw new KeepsightError(
        "conflict",
        `Decisions of the kind ${decision.kind} cannot be taken back here.`,
      );
    },
  };
}
