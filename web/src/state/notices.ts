import { signal } from "@preact/signals";
import { toApiError } from "./resource.ts";

/** A short message at the edge of the page. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isError: boolean;
  /** Something to do about it. */
  readonly action?: NoticeAction;
}

/** A button of a message. */
export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** The messages to show now. */
export const notices = signal<readonly Notice[]>([]);

let lastId = 0;
const SHOW_MS = 5000;

/** Shows a message for a few seconds; longer where something can be done about it. */
export function notify(text: string, isError = false, action?: NoticeAction): void {
  const id = ++lastId;
  notices.value = [...notices.peek().slice(-2), { id, text, isError, ...(action && { action }) }];
  const showMs = action ? SHOW_MS * 3 : isError ? SHOW_MS * 2 : SHOW_MS;
  setTimeout(() => dismissNotice(id), showMs);
}

/** Takes a message away. */
export function dismissNotice(id: number): void {
  notices.value = notices.peek().filter((notice) => notice.id !== id);
}

/** Runs something the user asked for; says `done` when it worked and why when it did not. Resolves to whether it worked. */
export async function attempt(action: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await action();
    if (done) notify(done);
    return true;
  } catch (error) {
    notify(toApiError(error).message, true);
    return false;
  }
}
