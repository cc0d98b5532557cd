import { useEffect } from "preact/hooks";
import { ConnectionBanner } from "./components/connection-banner.tsx";
import { DropZone } from "./components/drop-zone.tsx";
import { Header } from "./components/header.tsx";
import { HelpSheet } from "./components/help-sheet.tsx";
import { Notices } from "./components/notices.tsx";
import { ProgressPill } from "./components/progress-pill.tsx";
import { TabBar } from "./components/tab-bar.tsx";
import { JobsPage } from "./pages/jobs-page.tsx";
import { ModelsPage } from "./pages/models-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { SearchPage } from "./pages/search-page.tsx";
import { StatsPage } from "./pages/stats-page.tsx";
import { TimelinePage } from "./pages/timeline-page.tsx";
import { ClusterPage } from "./people/cluster-page.tsx";
import { HistoryPage } from "./people/history-page.tsx";
import { PeoplePage } from "./people/people-page.tsx";
import { PersonPage } from "./people/person-page.tsx";
import { ReviewPage } from "./people/review-page.tsx";
import { PhotoViewer } from "./photo/photo-viewer.tsx";
import { location } from "./router.ts";
import { strings } from "./strings.ts";

const PHOTO_PATH = /^\/photo\/(\d+)$/;
const PERSON_PATH = /^\/people\/([\da-f-]{36})$/;
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
