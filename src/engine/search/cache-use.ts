/** How often a cache had what was asked for. */
export interface CacheUse {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
}
