/**
 * Which photos were written to, told from the thread that writes to one that remembers what it read: a ring of ids in shared
 * memory.
 *
 * The contract:
 * - an id is in the log once what was written of its photo can be seen by readers, and before the writer hears that it was
 *   written; so who looks at the log and reads the tables after that reads nothing older than what the log tells;
 * - who is too far behind for the ring, or behind something that concerns all photos, is told so and has to read all anew;
 * - of tables that give names to things, only that they changed is told.
 */

/** Ids in the ring; a power of 2, since positions wrap. */
const CAPACITY = 2 ** 16;

/** Tables that say which photos a name stands for. */
const NAME_TABLES = [
  "tags",
  "categories",
  "category_tags",
  "persons",
  "places",
  "albums",
  "concepts",
] as const;
export type NameTable = (typeof NAME_TABLES)[number];

/** Places in the head of the log. */
const IS_WANTED = 0;
const IS_KEPT = 1;
const POSITION = 2;
/** Changes that are not told one by one. */
const BREAKS = 3;
const FIRST_NAME = 4;
const HEAD_LENGTH = FIRST_NAME + NAME_TABLES.length;

/** Memory of a log, to be shared by threads. */
export function createChangeLogMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((HEAD_LENGTH + CAPACITY) * 4);
}

/** How much of a log somebody has seen. */
export interface LogMark {
  readonly position: number;
  readonly breaks: number;
}

/** See the contract above. */
export interface ChangeLog {
  /** Somebody wants to remember what is read: the writer is to {@link keep} the log from its next statement on. */
  want(): void;
  isWanted(): boolean;
  /** Whether somebody writes into the log; until then nothing may be remembered. */
  isKept(): boolean;
  /** The writer says that it tells of everything from now on; whatever was remembered before is forgotten. */
  keep(): void;
  /** Notes a photo, or a table of names; {@link publish} tells of it. */
  note(photoId: number): void;
  noteNames(table: NameTable): void;
  /** Tells what was noted: all of it can be seen by readers. */
  publish(): void;
  mark(): LogMark;
  /** Ids of photos written to after the mark, some perhaps twice; undefined when they are not known one by one. */
  since(mark: LogMark): Uint32Array | undefined;
  /** Another number when a table of names that the SQL mentions has changed. */
  namesVersion(sql: string): number;
}

/** The log in this memory. */
export function createChangeLog(memory: SharedArrayBuffer): ChangeLog {
  const head = new Int32Array(memory, 0, HEAD_LENGTH);
  const ring = new Uint32Array(memory, HEAD_LENGTH * 4, CAPACITY);
  const noted = new Set<number>();
  const notedNames = new Set<NameTable>();
  let isTooMuch = false;

  const position = () => Atomics.load(head, POSITION) >>> 0;

  function publishPhotos(): void {
    if (isTooMuch) Atomics.add(head, BREAKS, 1);
    const first = position();
    let next = first;
    for (const id of noted) ring[next++ % CAPACITY] = id;
    Atomics.store(head, POSITION, next | 0);
    noted.clear();
    isTooMuch = false;
  }

  return {
    want: () => void Atomics.store(head, IS_WANTED, 1),
    isWanted: () => Atomics.load(head, IS_WANTED) === 1,
    isKept: () => Atomics.load(head, IS_KEPT) === 1,
    keep() {
      Atomics.add(head, BREAKS, 1);
      Atomics.store(head, IS_KEPT, 1);
    },
    note(photoId) {
      // Half the ring, so that nobody reads what is being overwritten.
      if (noted.size < CAPACITY / 2) noted.add(photoId);
      else isTooMuch = true;
    },
    noteNames: (table) => void notedNames.add(table),
    publish() {
      for (const table of notedNames) Atomics.add(head, FIRST_NAME + NAME_TABLES.indexOf(table), 1);
      notedNames.clear();
      if (noted.size > 0) publishPhotos();
    },
    mark: () => ({ position: position(), breaks: Atomics.load(head, BREAKS) }),
    since(mark) {
      const count = (position() - mark.position) >>> 0;
      if (count > CAPACITY / 2) return undefined;
      const ids = Uint32Array.from({ length: count }, (_, i) => ring[(mark.position + i) % CAPACITY]!);
      const isBroken = Atomics.load(head, BREAKS) !== mark.breaks;
      const wasOverwritten = (position() - mark.position) >>> 0 > CAPACITY / 2;
      return isBroken || wasOverwritten ? undefined : ids;
    },
    namesVersion: (sql) =>
      NAME_TABLES.reduce(
        (sum, table, i) =>
          new RegExp(`\\b${table}\\b`).test(sql) ? sum + Atomics.load(head, FIRST_NAME + i) : sum,
        0,
      ),
  };
}
