import type { DecisionSource } from "../../core/people-decision.ts";
import type { AssignmentSource, FaceState } from "../schema.ts";
import type { FaceFact } from "./facts.ts";

/** A statement about a face with where it comes from. */
export interface SourcedFaceFact extends FaceFact {
  readonly source: DecisionSource;
}

/** What an algorithm thinks of a face. */
export interface FaceMatch {
  readonly personId: string;
  readonly source: Exclude<AssignmentSource, DecisionSource>;
}

/** A face as far as its state depends on it. */
export interface FoldedFace {
  /** True when a human drew it: it is there as long as that decision counts. */
  readonly isDrawn: boolean;
  readonly match?: FaceMatch | undefined;
}

/** Who is meant by an id: the person it was merged into, or nobody when that one is gone. */
export type ResolvePerson = (personId: string) => string | undefined;

/** What holds of a face. */
export interface FaceVerdict {
  readonly personId: string | null;
  readonly assignment: AssignmentSource | null;
  readonly state: FaceState;
  readonly isIgnored: 0 | 1;
  readonly isRemoved: 0 | 1;
}

/**
 * What holds of a face, from the statements that count, oldest first, and an algorithm's match. Humans outrank: a match
 * counts only where no human named the face, and never for a person that a human ruled out.
 *
 * The cost is linear in the number of statements.
 *
 * @param mayMatch - Whether the match is possible at all (nobody is in a photo before birth).
 */
export function foldFace(
  facts: readonly SourcedFaceFact[],
  { isDrawn, match }: FoldedFace,
  resolve: ResolvePerson,
  mayMatch: (personId: string) => boolean,
): FaceVerdict {
  let named: { readonly personId: string; readonly source: DecisionSource } | undefined;
  const rejected = new Set<string>();
  const flags = { isIgnored: false, isRemoved: false, isDrawn: false };
  for (const { field, value, source } of facts) {
    const person = value === null ? undefined : resolve(value);
    if (field === "person") {
      named = person === undefined ? undefined : { personId: person, source };
      if (person !== undefined) rejected.delete(person);
    } else if (field === "rejected") {
      if (person !== undefined) rejected.add(person);
      if (named !== undefined && named.personId === person) named = undefined;
    } else {
      flags[field] = value === "1";
    }
  }
  const isRemoved = flags.isRemoved || (isDrawn && !flags.isDrawn);
  const base = { isIgnored: flags.isIgnored ? 1 : 0, isRemoved: isRemoved ? 1 : 0 } as const;
  const nobody = { ...base, personId: null, assignment: null };
  if (isRemoved || flags.isIgnored) return { ...nobody, state: "unassigned" };
  if (named !== undefined) {
    return { ...base, personId: named.personId, assignment: named.source, state: "confirmed" };
  }
  const matched = match && resolve(match.personId);
  if (match !== undefined && matched !== undefined && !rejected.has(matched) && mayMatch(matched)) {
    return { ...base, personId: matched, assignment: match.source, state: "suggested" };
  }
  return { ...nobody, state: rejected.size > 0 ? "rejected" : "unassigned" };
}
