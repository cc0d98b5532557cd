import { useEffect, useState } from "preact/hooks";
import type { Folder, FolderPage, PhotosRemoved } from "../../../src/api/folders.ts";
import { get, post } from "../api-client.ts";
import { AddFolderForm } from "../components/add-folder-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { decide, decisionChanges } from "../people/decide.ts";
import { onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { type SectionProps, useReady } from "./use-ready.ts";

/** Counts follow a running import at most so often. */
const REFRESH_MS = 3000;

/** The folders whose photos are in the library: added, resting, removed. */
export function Folders({ onReady }: SectionProps) {
  const list = useResource("folders", (signal) => get<FolderPage>("/folders?pageSize=100", signal));
  useReady(list, onReady);
  const [removing, setRemoving] = useState<Folder>();
  const decisions = decisionChanges.value;
  useEffect(() => list.reload(), [decisions]);
  useEffect(() => {
    const reload = throttle(list.reload, () => REFRESH_MS);
    const stop = onLibraryEvent(reload);
    return () => {
      stop();
      reload.cancel();
    };
  }, []);
  const setPaused = async ({ id }: Folder, isPaused: boolean) => {
    await attempt(() => post(`/folders/${id}/${isPaused ? "pause" : "resume"}`));
    list.reload();
  };
  const remove = async ({ id }: Folder) => {
    setRemoving(undefined);
    await decide(
      () => post<PhotosRemoved>(`/folders/${id}`, undefined, "DELETE"),
      ({ photosChanged }) => strings.settings.removed(photosChanged),
    );
  };
  return (
    <section class="card">
      <h2>{strings.settings.folders}</h2>
      <p class="quiet">{strings.settings.foldersHint}</p>
      {list.error && !list.data && <FailureNote error={list.error} onRetry={list.reload} />}
      <ul class="settings-list">
        {list.data?.items.map((folder) => (
          <li key={folder.id}>
            <Icon name="folder" />
            <div class="settings-words">
              <bdi class="folder-path">{folder.path}</bdi>
              <span class="quiet">
                {`${strings.settings.folderStates[folder.state]} · ${strings.settings.folderPhotos(folder.photos)}`}
              </span>
              {folder.problems.length > 0 && (
                <details class="is-bad">
                  <summary>{strings.settings.problems(folder.problems.length)}</summary>
                  <ul>
                    {folder.problems.map(({ path, reason }) => (
                      <li key={path}>
                        <bdi>{path}</bdi>: {reason}
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </div>
            <button
              type="button"
              class="button is-small"
              onClick={() => void setPaused(folder, folder.state !== "paused")}
            >
              {folder.state === "paused" ? strings.settings.resume : strings.settings.pause}
            </button>
            <button
              type="button"
              class="button is-small"
              aria-label={strings.settings.removeLabel(folder.path)}
              onClick={() => setRemoving(folder)}
            >
              {strings.settings.remove}
            </button>
          </li>
        ))}
      </ul>
      {(list.data ?? list.error) && <AddFolderForm onAdded={list.reload} />}
      {removing && (
        <Dialog title={strings.settings.removeTitle} onClose={() => setRemoving(undefined)}>
          <p>
            <bdi class="folder-path">{removing.path}</bdi>
          </p>
          <p>{strings.settings.removeExplained}</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setRemoving(undefined)}>
              {strings.common.cancel}
            </button>
            <button type="button" class="button is-primary" onClick={() => void remove(removing)}>
              {strings.settings.remove}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
