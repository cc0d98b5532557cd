/** Counts what is written, so that whoever remembers an answer knows when it may be out of date. */
export interface ChangeCount {
  /** Grows with every change that others may see by now. */
  current(): number;
  /** Notes a change; to be called once it can be seen. */
  note(): void;
}

/** A count that begins at 0. */
export function createChangeCount(): ChangeCount {
  let count = 0;
  return { current: () => count, note: () => void count++ };
}

/** Work that is under way is written all the time and changes nothing that is looked for. */
const UNSEEN = /^\s*(?:insert into|update|delete from)\s+"?(?:jobs|queue_pauses)"?\b/i;

const READING = /^\s*(?:select|pragma|explain|begin|commit|rollback)\b/i;

/** Whether a statement changes something that people look for; whatever is not known to be harmless does. */
export function isChange(sql: string): boolean {
  return !READING.test(sql) && !UNSEEN.test(sql);
}
