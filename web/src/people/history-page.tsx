import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HistoryEntry } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { formatMoment } from "../format.ts";
import { strings } from "../strings.ts";
import { undoDecisions, useUndoKey } from "./decide.ts";
import { createPagedList } from "./paged-list.ts";
import { usePeopleReload } from "./people-changes.ts";

const PAGE_SIZE = 50;

/** Everything that was decided about people, and the way back. */
export function HistoryPage() {
  const list = useMemo(
    () => createPagedList((page, pageSize) => api.history(`page=${page}&pageSize=${pageSize}`), PAGE_SIZE),
    [],
  );
  const [shown, setShown] = useState(PAGE_SIZE);
  const rows = useRef<HTMLUListElement>(null);
  const focusId = useRef<number | undefined>(undefined);
  useEffect(() => void list.need(0, shown), [shown]);
  usePeopleReload(() => void list.reload());
  useUndoKey();
  const { total, error } = list.state.value;
  const entries = Array.from({ length: Math.min(shown, total ?? 0) }, (_, i) => list.at(i)).filter(
    (entry): entry is HistoryEntry => entry !== undefined,
  );
  useEffect(() => {
    // The pressed button is gone: its line keeps the keyboard.
    if (focusId.current === undefined) return;
    rows.current?.querySelector<HTMLElement>(`[data-entry="${focusId.current}"]`)?.focus();
    focusId.current = undefined;
  }, [list.state.value]);

  const undo = async (entry: HistoryEntry) => {
    focusId.current = entry.id;
    if (!(await undoDecisions([entry.id]))) focusId.current = undefined;
  };
  return (
    <main id="main" class="page">
      <header class="page-head">
        <h1>{strings.history.title}</h1>
        <p class="quiet">{strings.history.intro}</p>
      </header>
      {error && <FailureNote error={error} onRetry={() => void list.reload()} />}
      {total === 0 && <p class="empty-line">{strings.history.empty}</p>}
      <ul ref={rows} class="history-list">
        {entries.map((entry) => (
          <li
            key={entry.id}
            class={`history-entry ${entry.isUndone ? "is-undone" : ""}`}
            data-entry={entry.id}
            tabIndex={-1}
          >
            <div class="history-words">
              <p dir="auto">{entry.summary}</p>
              <p class="quiet">
                {formatMoment(entry.decidedAt)}
                {` · ${strings.history.actors[entry.actor] ?? entry.actor}`}
                {entry.isUndone && ` · ${strings.history.isUndone}`}
              </p>
            </div>
            {entry.canUndo && (
              <button
                type="button"
                class="button is-small"
                aria-label={strings.history.undoLabel(entry.summary)}
                onClick={() => void undo(entry)}
              >
                {entry.undoes === null ? strings.history.undo : strings.history.redo}
              </button>
            )}
          </li>
        ))}
      </ul>
      {total !== undefined && shown < total && (
        <button type="button" class="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          {strings.history.more}
        </button>
      )}
    </main>
  );
}
