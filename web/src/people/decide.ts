import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { api } from "../api-client.ts";
import { attempt, notify } from "../state/notices.ts";
import { isTyping } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";
import { peopleChanged } from "./people-changes.ts";

/** What a decision's answer says of how to take it back; null or empty when nothing was decided. */
type Made =
  | { readonly decisionId: number | null }
  | { readonly decisionIds: readonly number[] }
  | readonly { readonly decisionId: number }[];

let lastDecisions: readonly number[] = [];

/** What else is to happen when a decision is taken back, by its first id. */
const whenUndone = new Map<number, () => void>();

/** Counts decisions and undos: whoever shows what they change fetches it again. */
export const decisionChanges = signal(0);

/**
 * Carries out what the user decided, says `done` with a button that takes it back, and has everything that shows people
 * fetched again. Resolves to the answer; to undefined when it did not work: then the reason was said. `onUndone` is
 * called when it was taken back from here.
 */
export async function decide<T extends Made>(
  action: () => Promise<T>,
  done: (answer: T) => string,
  onUndone?: () => void,
): Promise<T | undefined> {
  const answer: { value?: T } = {};
  const isDone = await attempt(async () => {
    answer.value = await action();
  });
  if (!isDone) {
    // Of several decisions some may have been carried out.
    peopleChanged();
    return undefined;
  }
  const made = answer.value!;
  const ids = decisionsOf(made);
  if (ids.length > 0) {
    lastDecisions = ids;
    if (onUndone) whenUndone.set(ids[0]!, onUndone);
    const undo = { label: strings.people.undo, run: () => void undoDecisions(ids) };
    notify(done(made), false, undo);
  } else notify(done(made));
  peopleChanged();
  decisionChanges.value++;
  return made;
}

function decisionsOf(made: Made): readonly number[] {
  if ("decisionIds" in made) return made.decisionIds;
  const all = "decisionId" in made ? [made] : made;
  return all.flatMap(({ decisionId }) => decisionId ?? []);
}

/** Takes decisions back, the last one first, and says so; resolves to whether it worked. */
export async function undoDecisions(ids: readonly number[]): Promise<boolean> {
  if (lastDecisions === ids) lastDecisions = [];
  const isDone = await attempt(async () => {
    for (const id of ids.toReversed()) await api.undo(id);
  }, strings.people.undone);
  if (isDone) whenUndone.get(ids[0]!)?.();
  peopleChanged();
  decisionChanges.value++;
  keepFocus();
  return isDone;
}

/** The button that was pressed is gone: the keyboard stays on the page. */
function keepFocus(): void {
  if (document.activeElement !== document.body) return;
  const main = document.getElementById("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus({ preventScroll: true });
}

/** Ctrl+Z takes the last decision back while the page is shown. */
export function useUndoKey(): void {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
      if (!isUndo || isTyping(event) || lastDecisions.length === 0) return;
      event.preventDefault();
      void undoDecisions(lastDecisions);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
