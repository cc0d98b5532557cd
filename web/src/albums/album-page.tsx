import { useEffect, useMemo, useState } from "preact/hooks";
import type { AlbumDetails } from "../../../src/api/albums.ts";
import { Dialog } from "../components/dialog.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { decide, decisionChanges, useUndoKey } from "../people/decide.ts";
import { createPagedList } from "../people/paged-list.ts";
import { ListedPhotos } from "../photos/listed-photos.tsx";
import { PhotoActions } from "../photos/photo-actions.tsx";
import { navigate } from "../router.ts";
import type { PhotoSelection } from "../state/photo-selection.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { type AlbumChanges, albumsApi } from "./albums-api.ts";
import { daysOf } from "./albums-page.tsx";
import { TitleDialog } from "./title-dialog.tsx";

/** One album: its photos, its title, and what belongs into it. */
export function AlbumPage({ id }: { readonly id: string }) {
  const album = useResource(id, (signal) => albumsApi.album(id, "pageSize=1", signal));
  const decisions = decisionChanges.value;
  useEffect(() => album.reload(), [decisions]);
  useUndoKey();
  if (album.data) return <Album album={album.data} />;
  return (
    <main id="main" class="page">
      {album.error?.status === 404 ? (
        <GoneAlbum />
      ) : album.error ? (
        <FailureNote error={album.error} onRetry={album.reload} />
      ) : (
        <PageLoading />
      )}
    </main>
  );
}

function GoneAlbum() {
  return (
    <div class="empty-state">
      <Icon name="album" size={44} />
      <h1>{strings.albums.notThere}</h1>
      <a class="button" href="/albums">
        {strings.albums.back}
      </a>
    </div>
  );
}

function Album({ album }: { readonly album: AlbumDetails }) {
  const { id } = album;
  const list = useMemo(
    () =>
      createPagedList(
        async (page, pageSize) => (await albumsApi.album(id, `page=${page}&pageSize=${pageSize}`)).photos,
      ),
    [id],
  );
  const decisions = decisionChanges.value;
  useEffect(() => {
    if (list.state.peek().total !== undefined) void list.reload();
  }, [decisions]);
  const [dialog, setDialog] = useState<"rename" | "remove">();
  const close = () => setDialog(undefined);

  const rename = async (title: string) => {
    close();
    await decide(
      () => albumsApi.change(id, { title }),
      () => strings.albums.renamed,
    );
  };
  const remove = async () => {
    close();
    if (
      await decide(
        () => albumsApi.remove(id),
        () => strings.albums.removed,
      )
    )
      navigate("/albums");
  };

  return (
    <main id="main" class="album-page">
      <header class="album-head">
        <a class="icon-button" href="/albums" aria-label={strings.albums.back}>
          <Icon name="back" />
        </a>
        <div>
          <h1 dir="auto">{album.title}</h1>
          <p class="quiet">
            {[strings.albums.count(album.photoCount), daysOf(album)].filter(Boolean).join(" · ")}
          </p>
        </div>
        <div class="album-tools">
          <button type="button" class="button is-small" onClick={() => setDialog("rename")}>
            {strings.albums.rename}
          </button>
          {album.kind === "made" && (
            <button type="button" class="button is-small" onClick={() => setDialog("remove")}>
              {strings.albums.remove}
            </button>
          )}
        </div>
      </header>
      <ListedPhotos
        list={list}
        label={strings.albums.grid(album.title)}
        emptyText={strings.albums.empty}
        actions={(selection) => <AlbumActions albumId={id} selection={selection} />}
      />
      {dialog === "rename" && (
        <TitleDialog
          heading={strings.albums.renameTitle}
          action={strings.albums.rename}
          title={album.title}
          onClose={close}
          onDone={(title) => void rename(title)}
        />
      )}
      {dialog === "remove" && (
        <Dialog title={strings.albums.removeTitle} onClose={close}>
          <p>{strings.albums.removeExplained}</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={close}>
              {strings.common.cancel}
            </button>
            <button type="button" class="button is-primary" onClick={() => void remove()}>
              {strings.albums.remove}
            </button>
          </div>
        </Dialog>
      )}
    </main>
  );
}

/** What can be done with chosen photos of an album, beside what can be done with any. */
function AlbumActions(props: { readonly albumId: string; readonly selection: PhotoSelection }) {
  const { albumId, selection } = props;
  const chosen = [...selection.ids.value];
  const change = async (changes: AlbumChanges, done: string) => {
    const changed = await decide(
      () => albumsApi.change(albumId, changes),
      () => done,
    );
    if (changed) selection.clear();
  };
  return (
    <PhotoActions selection={selection}>
      {chosen.length === 1 && (
        <button
          type="button"
          class="button is-small"
          onClick={() => void change({ coverPhotoId: chosen[0]! }, strings.albums.covered)}
        >
          <Icon name="photos" size={18} />
          <span class="action-label">{strings.albums.cover}</span>
        </button>
      )}
      <button
        type="button"
        class="button is-small"
        onClick={() => void change({ removePhotoIds: chosen }, strings.albums.takenOut(chosen.length))}
      >
        <Icon name="minus" size={18} />
        <span class="action-label">{strings.albums.takeOut}</span>
      </button>
    </PhotoActions>
  );
}
