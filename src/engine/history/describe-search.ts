import type { SearchDecision } from "../../database/saved-search-decisions.ts";

/** What was decided about a saved search, in words for a person; undefined for decisions about anything else. */
export function describeSearch(decision: SearchDecision): string | undefined {
  switch (decision.kind) {
    case "search.create":
      return `Kept the search ${decision.kept.name}`;
    case "search.update":
      return decision.changes.name === undefined
        ? `Changed the search ${decision.former.name}`
        : `Renamed the search ${decision.former.name} to ${decision.changes.name}`;
    case "search.delete":
      return `Forgot the search ${decision.former.name}`;
    default:
      return undefined;
  }
}
