import { useState } from "preact/hooks";
import type { ChangedAlbum } from "../../../src/api/albums.ts";
import { api } from "../api-client.ts";
import { Dialog } from "../components/dialog.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { decide } from "../people/decide.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";

/** As long as the server takes a title, UTF-16 code units. */
const MAX_TITLE_LENGTH = 200;

/** Asks for the album that photos are to be in: one that is there, or a new one. */
export function AlbumDialog(props: { readonly photoIds: readonly number[]; readonly onClose: () => void }) {
  const { photoIds, onClose } = props;
  const [title, setTitle] = useState("");
  const { data, error, reload } = useResource("albums", (aborted) =>
    api.albums("kind=made&sort=newest&pageSize=100", aborted),
  );
  const put = async (action: () => Promise<ChangedAlbum>) => {
    onClose();
    await decide(action, (album) => strings.selection.done.inAlbum(photoIds.length, album.title));
  };
  const name = title.trim();
  return (
    <Dialog title={strings.selection.albumTitle(photoIds.length)} onClose={onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name !== "") void put(() => api.createAlbum(name, photoIds));
        }}
      >
        <label class="field-label">
          {strings.selection.albumNew}
          <span class="field-row">
            <input
              class="field"
              dir="auto"
              maxLength={MAX_TITLE_LENGTH}
              placeholder={strings.selection.albumName}
              value={title}
              onInput={(event) => setTitle(event.currentTarget.value)}
            />
            <button type="submit" class="button is-primary" disabled={name === ""}>
              {strings.selection.albumCreate}
            </button>
          </span>
        </label>
      </form>
      {error && <FailureNote error={error} onRetry={reload} />}
      {data?.items.length === 0 && <p class="quiet">{strings.selection.albumNone}</p>}
      <ul class="album-choices">
        {data?.items.map((album) => (
          <li key={album.id}>
            <button
              type="button"
              class="album-choice"
              onClick={() => void put(() => api.addToAlbum(album.id, photoIds))}
            >
              <Icon name="album" />
              <bdi>{album.title}</bdi>
              <span class="quiet">{strings.selection.albumPhotos(album.photoCount)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
