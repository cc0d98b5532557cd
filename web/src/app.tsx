import { useEffect } from "preact/hooks";
import { ConnectionBanner } from "./components/connection-banner.tsx";
import { DropZone } from "./components/drop-zone.tsx";
import { Header } from "./components/header.tsx";
import { HelpSheet } from "./components/help-sheet.tsx";
import { lazyPage } from "./components/lazy-page.tsx";
import { Notices } from "./components/notices.tsx";
import { ProgressPill } from "./components/progress-pill.tsx";
import { TabBar } from "./components/tab-bar.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { TimelinePage } from "./pages/timeline-page.tsx";
import { location } from "./router.ts";
import { strings } from "./strings.ts";

// Each page is a file of its own that is fetched when it is first shown.
const AlbumPage = lazyPage(() => import("./albums/album-page.tsx").then((module) => module.AlbumPage));
const AlbumsPage = lazyPage(() => import("./albums/albums-page.tsx").then((module) => module.AlbumsPage));
const CategoriesPage = lazyPage(() =>
  import("./categories/categories-page.tsx").then((module) => module.CategoriesPage),
);
const MapPage = lazyPage(() => import("./map/map-page.tsx").then((module) => module.MapPage));
const SettingsPage = lazyPage(() =>
  import("./settings/settings-page.tsx").then((module) => module.SettingsPage),
);
const ToolsPage = lazyPage(() => import("./tools/tools-page.tsx").then((module) => module.ToolsPage));
const DuplicatesPage = lazyPage(() =>
  import("./duplicates/duplicates-page.tsx").then((module) => module.DuplicatesPage),
);
const JobsPage = lazyPage(() => import("./pages/jobs-page.tsx").then((module) => module.JobsPage));
const ModelsPage = lazyPage(() => import("./pages/models-page.tsx").then((module) => module.ModelsPage));
const SearchPage = lazyPage(() => import("./pages/search-page.tsx").then((module) => module.SearchPage));
const StatsPage = lazyPage(() => import("./pages/stats-page.tsx").then((module) => module.StatsPage));
const ClusterPage = lazyPage(() => import("./people/cluster-page.tsx").then((module) => module.ClusterPage));
const HistoryPage = lazyPage(() => import("./people/history-page.tsx").then((module) => module.HistoryPage));
const PeoplePage = lazyPage(() => import("./people/people-page.tsx").then((module) => module.PeoplePage));
const PersonPage = lazyPage(() => import("./people/person-page.tsx").then((module) => module.PersonPage));
const ReviewPage = lazyPage(() => import("./people/review-page.tsx").then((module) => module.ReviewPage));
const PhotoViewer = lazyPage(() => import("./photo/photo-viewer.tsx").then((module) => module.PhotoViewer));

const PHOTO_PATH = /^\/photo\/(\d+)$/;
const PERSON_PATH = /^\/people\/([\da-f-]{36})$/;
const ALBUM_PATH = /^\/albums\/([\da-f-]{36})$/;
const CLUSTER_PATH = /^\/people\/clusters\/([\w-]+)$/;

/** The whole app: the page of the address, and above it the photo that is open. */
export function App() {
  const { path, query, background } = location.value;
  const photoId = PHOTO_PATH.exec(path)?.[1];
  const pageHref = photoId === undefined ? undefined : background;
  const [pagePath, pageQuery] = pageHref === undefined ? [path, query] : splitHref(pageHref);
  const isViewing = photoId !== undefined;

  useEffect(() => {
    document.documentElement.classList.toggle("is-viewing", isViewing);
  }, [isViewing]);
  useEffect(() => {
    // Opening a photo is what comes next: its code is there by then.
    const timer = setTimeout(PhotoViewer.preload, 1000);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (!isViewing) document.title = titleOf(pagePath);
  }, [isViewing, pagePath]);

  return (
    <>
      <div class="app" inert={isViewing}>
        <a class="skip-link" href="#main" onClick={skipToMain}>
          {strings.nav.skip}
        </a>
        <Header path={pagePath} query={pageQuery} />
        <ConnectionBanner />
        {(!isViewing || background !== undefined) && <Page path={pagePath} query={pageQuery} />}
        <ProgressPill isFloating />
        <TabBar path={pagePath} />
      </div>
      {isViewing && <PhotoViewer photoId={Number(photoId)} />}
      <DropZone />
      <Notices />
      <HelpSheet />
    </>
  );
}

function Page({ path, query }: { readonly path: string; readonly query: string }) {
  if (path === "/") return <TimelinePage />;
  if (path === "/search") return <SearchPage query={query} />;
  if (path === "/people") return <PeoplePage />;
  if (path === "/people/review") return <ReviewPage query={query} />;
  if (path === "/history") return <HistoryPage />;
  const personId = PERSON_PATH.exec(path)?.[1];
  if (personId !== undefined) return <PersonPage key={personId} id={personId} query={query} />;
  const clusterId = CLUSTER_PATH.exec(path)?.[1];
  if (clusterId !== undefined) return <ClusterPage key={clusterId} id={clusterId} />;
  if (path === "/albums") return <AlbumsPage query={query} />;
  const albumId = ALBUM_PATH.exec(path)?.[1];
  if (albumId !== undefined) return <AlbumPage key={albumId} id={albumId} />;
  if (path === "/map") return <MapPage />;
  if (path === "/tools") return <ToolsPage />;
  if (path === "/categories") return <CategoriesPage />;
  if (path === "/settings") return <SettingsPage />;
  if (path === "/duplicates") return <DuplicatesPage query={query} />;
  if (path === "/jobs") return <JobsPage query={query} />;
  if (path === "/models") return <ModelsPage />;
  if (path === "/stats") return <StatsPage />;
  return <NotFoundPage />;
}

function splitHref(href: string): [string, string] {
  const mark = href.indexOf("?");
  return mark < 0 ? [href, ""] : [href.slice(0, mark), href.slice(mark + 1)];
}

function titleOf(path: string): string {
  const titles: Readonly<Record<string, string>> = {
    "/search": strings.search.title,
    "/people": strings.people.title,
    "/people/review": strings.review.title,
    "/albums": strings.albums.title,
    "/map": strings.map.title,
    "/tools": strings.tools.title,
    "/categories": strings.categories.title,
    "/settings": strings.settings.title,
    "/duplicates": strings.duplicates.title,
    "/history": strings.history.title,
    "/jobs": strings.jobs.title,
    "/models": strings.models.title,
    "/stats": strings.stats.title,
  };
  const title = titles[path];
  return title ? `${title} · ${strings.appName}` : strings.appName;
}

function skipToMain(event: Event): void {
  event.preventDefault();
  const main = document.getElementById("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}
