import type { SearchChannel } from "../../core/search-vocabulary.ts";
import type { HitRanks, SearchHit } from "./explain-hits.ts";

/** Hits explained at a time. */
const PAGE = 100;

/** Hits of some channels. */
export interface ChannelHits {
  /** Each with the reasons of these channels alone. */
  readonly hits: readonly SearchHit[];
  /** Where in the list of all hits the first one is that was left for the next page; undefined where there is none. */
  readonly next: number | undefined;
}

/**
 * The hits that some channels found, from one place in a list of all hits on. In which field a photo holds only parts of the words
 * is known once it is explained, so these are explained page by page until there are enough; the others are told by their ranks.
 */
export async function collectChannelHits(
  entries: readonly HitRanks[],
  {
    channels,
    offset,
    limit,
    explain,
  }: {
    readonly channels: readonly SearchChannel[];
    readonly offset: number;
    readonly limit: number;
    readonly explain: (page: readonly HitRanks[]) => Promise<readonly SearchHit[]>;
  },
): Promise<ChannelHits> {
  const hits: SearchHit[] = [];
  const mayBeOwn = ({ ranks }: HitRanks) =>
    ranks.fuzzy !== undefined || channels.some((channel) => ranks[channel] !== undefined);
  for (let first = offset; first < entries.length; first += PAGE) {
    const page = entries.slice(first, first + PAGE);
    const explained = await explain(page.filter(mayBeOwn));
    const byId = new Map(explained.map((hit) => [hit.photo.id, hit]));
    for (const [i, { id }] of page.entries()) {
      const hit = byId.get(id);
      const reasons = hit?.reasons.filter(({ channel }) => channels.includes(channel)) ?? [];
      if (hit === undefined || reasons.length === 0) continue;
      if (hits.length === limit) return { hits, next: first + i };
      hits.push({ ...hit, reasons });
    }
  }
  return { hits, next: undefined };
}
