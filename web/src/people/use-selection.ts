import { useCallback, useMemo, useRef, useState } from "preact/hooks";

/** Chosen entries of a list. */
export interface Selection<Id> {
  readonly ids: ReadonlySet<Id>;
  /** Whether anything is chosen or about to be: then a click chooses instead of opening. */
  readonly isActive: boolean;
  /** Makes clicks choose though nothing is chosen yet. */
  start(): void;
  /** Adds or takes away one; later ranges begin at it. */
  toggle(id: Id, index: number): void;
  /** Adds everything from where a choice was made last up to here. */
  extendTo(index: number): void;
  set(ids: readonly Id[]): void;
  /** Chooses nothing, and ends choosing. */
  clear(): void;
}

/**
 * A choice of several entries; empty at first. `idsBetween` gives the ids of the entries from one index to another,
 * both included, fetching what is not there yet.
 */
export function useSelection<Id>(
  idsBetween: (first: number, last: number) => Promise<readonly Id[]>,
): Selection<Id> {
  const [ids, setIds] = useState<ReadonlySet<Id>>(new Set());
  const [isStarted, setStarted] = useState(false);
  const anchor = useRef(0);
  const latest = useRef(idsBetween);
  latest.current = idsBetween;

  const toggle = useCallback((id: Id, index: number) => {
    anchor.current = index;
    setIds((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const extendTo = useCallback((index: number) => {
    const [first, last] = index < anchor.current ? [index, anchor.current] : [anchor.current, index];
    void latest.current(first, last).then((added) => setIds((old) => new Set([...old, ...added])));
  }, []);
  const set = useCallback((chosen: readonly Id[]) => setIds(new Set(chosen)), []);
  const start = useCallback(() => setStarted(true), []);
  const clear = useCallback(() => {
    setIds(new Set<Id>());
    setStarted(false);
  }, []);
  return useMemo(
    () => ({ ids, isActive: isStarted || ids.size > 0, start, toggle, extendTo, set, clear }),
    [ids, isStarted],
  );
}
