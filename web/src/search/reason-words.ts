import type { SearchReason } from "../../../src/api/search.ts";
import { formatPercent } from "../format.ts";
import { strings } from "../strings.ts";

/** Words shown of one reason; the rest is counted. */
const MAX_WORDS = 3;

/** Why a photo was found, short: `text: EXIT · meaning`. */
export function captionOf(reasons: readonly SearchReason[]): string {
  return reasons.map(wordsOf).join(" · ");
}

/** Why a photo was found, one reason a line with places and similarities. */
export function explanationOf(reasons: readonly SearchReason[]): string {
  return reasons
    .map((reason) => {
      const details = [
        reason.similarity === undefined
          ? undefined
          : strings.reasons.similarity(formatPercent(reason.similarity)),
        reason.rank === null ? undefined : strings.reasons.rank(reason.rank),
      ].filter((detail) => detail !== undefined);
      return details.length === 0 ? wordsOf(reason) : `${wordsOf(reason)} (${details.join(", ")})`;
    })
    .join("\n");
}

function wordsOf(reason: SearchReason): string {
  const channel = strings.reasons[reason.channel];
  const words = [...new Set(reason.matches)];
  if (words.length === 0) return channel;
  const more = words.length > MAX_WORDS ? ` ${strings.reasons.more(words.length - MAX_WORDS)}` : "";
  return `${channel}: ${words.slice(0, MAX_WORDS).join(", ")}${more}`;
}
