import { useEffect, useRef } from "preact/hooks";
import type { BrowsedFolder } from "../../../src/api/machine.ts";
import { get } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";

/** The folders of the server's machine around a path: going into one chooses it. */
export function FolderBrowser(props: {
  /** Empty for where the server begins. */
  readonly path: string;
  readonly onPath: (path: string) => void;
}) {
  const { path, onPath } = props;
  const query = path === "" ? "" : `?path=${encodeURIComponent(path)}`;
  const { data, error, reload } = useResource(`folders ${path}`, (signal) =>
    get<BrowsedFolder>(`/machine/folders${query}`, signal),
  );
  const list = useRef<HTMLUListElement>(null);
  const isMoving = useRef(false);
  useEffect(() => {
    if (!data || !isMoving.current) return;
    // The pressed folder is gone: the first of the new ones keeps the keyboard.
    isMoving.current = false;
    list.current?.querySelector("button")?.focus();
  }, [data]);
  const go = (next: string) => {
    isMoving.current = true;
    onPath(next);
  };
  if (error && !data) return <FailureNote error={error} onRetry={reload} />;
  return (
    <div class="folder-browser" aria-busy={!data}>
      {data && (
        <>
          <p class="folder-browser-head">
            <bdi class="folder-path">{data.path}</bdi>
            {data.photos > 0 && <span class="quiet">{strings.browse.photosHere(data.photos)}</span>}
          </p>
          <ul ref={list} aria-label={strings.browse.list(data.path)}>
            {data.parent !== null && (
              <li>
                <button type="button" onClick={() => go(data.parent!)}>
                  <Icon name="back" size={18} />
                  {strings.browse.up}
                </button>
              </li>
            )}
            {data.folders.map((folder) => (
              <li key={folder.path}>
                <button
                  type="button"
                  aria-label={strings.browse.into(folder.name)}
                  onClick={() => go(folder.path)}
                >
                  <Icon name="folder" size={18} />
                  <bdi>{folder.name}</bdi>
                </button>
              </li>
            ))}
          </ul>
          {data.folders.length === 0 && <p class="quiet">{strings.browse.none}</p>}
        </>
      )}
    </div>
  );
}
