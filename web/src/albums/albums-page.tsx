import { useEffect, useState } from "preact/hooks";
import type { Album } from "../../../src/api/albums.ts";
import { ALBUM_SPACES } from "../../../src/core/album-space.ts";
import { api, thumbnailUrl } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { Prose } from "../components/prose.tsx";
import { withoutCommands } from "../components/without-commands.ts";
import { formatMonth, formatShortDate } from "../format.ts";
import { decide, decisionChanges, useUndoKey } from "../people/decide.ts";
import { navigate } from "../router.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { type AlbumSpace, albumsApi } from "./albums-api.ts";
import { TitleDialog } from "./title-dialog.tsx";

/** Albums of one step down the page. */
const PAGE_SIZE = 48;

/** All albums: made by hand, and put together of what looks alike. */
export function AlbumsPage({ query }: { readonly query: string }) {
  const wanted = new URLSearchParams(query).get("space");
  const space = ALBUM_SPACES.find((name) => name === wanted) ?? "photos";
  const [isCreating, setCreating] = useState(false);
  // What is below a list is shown once that has its height: nothing moves.
  const [isListed, setListed] = useState(false);
  useUndoKey();
  const create = async (title: string) => {
    setCreating(false);
    const album = await decide(
      () => api.createAlbum(title, []),
      () => strings.albums.created(title),
    );
    if (album) navigate(`/albums/${album.id}`);
  };
  return (
    <main id="main" class="page albums-page">
      <header class="page-head people-head">
        <div>
          <h1>{strings.albums.title}</h1>
          <p class="quiet">{strings.albums.intro}</p>
        </div>
        <button type="button" class="button is-small" onClick={() => setCreating(true)}>
          <Icon name="plus" size={16} />
          {strings.albums.create}
        </button>
      </header>
      <section>
        <h2 class="section-title">{strings.albums.made}</h2>
        <AlbumList filter="kind=made" none={strings.albums.noneMade} onReady={() => setListed(true)} />
      </section>
      <section hidden={!isListed}>
        <h2 class="section-title">{strings.albums.auto}</h2>
        <p class="quiet">{strings.albums.autoHint}</p>
        <nav class="tabs" aria-label={strings.albums.spaceLabel}>
          {ALBUM_SPACES.map((name) => (
            <a
              key={name}
              class="tab-link"
              href={`/albums?space=${name}`}
              aria-current={name === space ? "page" : undefined}
              onClick={(event) => {
                event.preventDefault();
                navigate(`/albums?space=${name}`, { replace: true });
              }}
            >
              {strings.albums.spaces[name]}
            </a>
          ))}
        </nav>
        <SpaceAlbums key={space} space={space} />
      </section>
      {isCreating && (
        <TitleDialog
          heading={strings.albums.createTitle}
          action={strings.albums.create}
          title=""
          onClose={() => setCreating(false)}
          onDone={(title) => void create(title)}
        />
      )}
    </main>
  );
}

function SpaceAlbums({ space }: { readonly space: AlbumSpace }) {
  const stats = useResource(`space ${space}`, (signal) => albumsApi.stats(space, signal));
  const [isListed, setListed] = useState(false);
  // Why there are none is worth waiting for.
  const none =
    stats.isLoading && !stats.data
      ? undefined
      : withoutCommands(stats.data?.reason ?? strings.albums.noneAuto);
  return (
    <>
      <AlbumList
        filter={`kind=auto&space=${space}&sort=largest`}
        none={none}
        onReady={() => setListed(true)}
      />
      {isListed && stats.data?.isAvailable === false && (
        <p class="empty-actions">
          <a class="button" href="/models">
            {strings.people.noRecogniserAction}
          </a>
        </p>
      )}
      {isListed && stats.data?.isAvailable && (
        <button
          type="button"
          class="button is-small"
          onClick={() => void attempt(() => albumsApi.train(space), strings.albums.training)}
        >
          {strings.albums.train}
        </button>
      )}
    </>
  );
}

function AlbumList(props: {
  readonly filter: string;
  /** What to say where there are none; undefined while that is not known. */
  readonly none: string | undefined;
  /** Called once the list has the height that it keeps. */
  readonly onReady: () => void;
}) {
  const { filter, none } = props;
  const [pages, setPages] = useState(1);
  const list = useResource(`${filter} ${pages}`, (signal) => loadAlbums(filter, pages, signal));
  const [shown, setShown] = useState(list.data);
  const decisions = decisionChanges.value;
  useEffect(() => list.reload(), [decisions]);
  useEffect(() => {
    if (list.data) setShown(list.data);
  }, [list.data]);
  const isReady =
    list.error !== undefined || (shown !== undefined && (shown.total > 0 || none !== undefined));
  useEffect(() => {
    if (isReady) props.onReady();
  }, [isReady]);
  if (list.error && !shown) return <FailureNote error={list.error} onRetry={list.reload} />;
  if (!shown || !isReady) return <p class="albums-waiting" aria-busy="true" />;
  if (shown.total === 0 && none !== undefined)
    return (
      <p class="empty-line">
        <Prose text={none} />
      </p>
    );
  return (
    <>
      <ul class="album-grid">
        {shown.albums.map((album) => (
          <li key={album.id}>
            <AlbumCard album={album} />
          </li>
        ))}
      </ul>
      {shown.albums.length < shown.total && (
        <button type="button" class="button" onClick={() => setPages(pages + 1)}>
          {strings.albums.more}
        </button>
      )}
    </>
  );
}

async function loadAlbums(filter: string, pages: number, signal: AbortSignal) {
  const loaded = await Promise.all(
    Array.from({ length: pages }, (_, index) =>
      api.albums(`${filter}&page=${index + 1}&pageSize=${PAGE_SIZE}`, signal),
    ),
  );
  const byId = new Map(loaded.flatMap(({ items }) => items.map((album) => [album.id, album])));
  return { albums: [...byId.values()], total: loaded[0]!.total };
}

function AlbumCard({ album }: { readonly album: Album }) {
  return (
    <a class="album-card" href={`/albums/${album.id}`}>
      {album.coverPhotoId === null || album.coverVersion === null ? (
        <span class="album-cover is-empty">
          <Icon name="album" size={36} />
        </span>
      ) : (
        <img
          class="album-cover"
          src={thumbnailUrl({ id: album.coverPhotoId, version: album.coverVersion })}
          alt=""
          loading="lazy"
          decoding="async"
        />
      )}
      <strong class="album-title" dir="auto">
        {album.title}
      </strong>
      <span class="quiet">
        {[strings.albums.count(album.photoCount), daysOf(album)].filter(Boolean).join(" · ")}
      </span>
    </a>
  );
}

/** `14 Jul 2024`, or the months it reaches over. */
export function daysOf({ firstDay, lastDay }: Pick<Album, "firstDay" | "lastDay">): string {
  if (firstDay === null || lastDay === null) return "";
  if (firstDay === lastDay) return formatShortDate(firstDay);
  const [first, last] = [firstDay, lastDay].map((day) => formatMonth(day.slice(0, 7)));
  return first === last ? first! : `${first} – ${last}`;
}
