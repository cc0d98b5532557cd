import { useEffect } from "preact/hooks";
import type { BackupList } from "../../../src/api/maintenance.ts";
import { get, post } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { formatBytes, formatMoment } from "../format.ts";
import { onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { type SectionProps, useReady } from "./use-ready.ts";

/** The list follows a backup that is being written at most so often. */
const REFRESH_MS = 2000;

/** Copies of everything the library knows. */
export function Backups({ onReady }: SectionProps) {
  const list = useResource("backups", (signal) => get<BackupList>("/maintenance/backups", signal));
  useReady(list, onReady);
  useEffect(() => {
    const reload = throttle(list.reload, () => REFRESH_MS);
    const stop = onLibraryEvent((event) => event.type === "progress" && reload());
    return () => {
      stop();
      reload.cancel();
    };
  }, []);
  return (
    <section class="card">
      <h2>{strings.settings.backups}</h2>
      {list.data && <p class="quiet folder-path">{strings.settings.backupsHint(list.data.directory)}</p>}
      {list.error && !list.data && <FailureNote error={list.error} onRetry={list.reload} />}
      {list.data?.items.length === 0 && <p class="quiet">{strings.settings.noBackup}</p>}
      <ul class="settings-list">
        {list.data?.items.map((backup) => (
          <li key={backup.name}>
            <div class="settings-words">
              <strong>{formatMoment(backup.createdAt)}</strong>
              <span class="quiet">
                {`${strings.settings.backupOf(backup.photos, backup.decisions)} · ${formatBytes(backup.byteSize)}`}
              </span>
            </div>
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="button is-small"
        onClick={() => void attempt(() => post("/maintenance/backup", {}), strings.settings.backupStarted)}
      >
        {strings.settings.backup}
      </button>
    </section>
  );
}
