import { SearchBox } from "../search/search-box.tsx";
import { isHelpOpen } from "../state/shortcuts.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { strings } from "../strings.ts";
import { AddPhotos } from "./add-photos.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { Logo } from "./logo.tsx";
import { ProgressPill } from "./progress-pill.tsx";

/** The pages of the main navigation. */
export const PAGES: readonly {
  readonly path: string;
  readonly icon: IconName;
  readonly label: string;
  readonly short: string;
}[] = [
  { path: "/", icon: "photos", label: strings.nav.photos, short: strings.nav.photos },
  { path: "/people", icon: "person", label: strings.nav.people, short: strings.nav.people },
  { path: "/search", icon: "search", label: strings.nav.search, short: strings.nav.search },
  { path: "/jobs", icon: "jobs", label: strings.nav.jobs, short: strings.nav.jobs },
  { path: "/models", icon: "models", label: strings.nav.models, short: strings.nav.models },
  { path: "/stats", icon: "stats", label: strings.nav.stats, short: strings.nav.statsShort },
];

/** Whether a path is a page of the main navigation or below it. */
export function isWithin(path: string, page: string): boolean {
  return path === page || (page !== "/" && path.startsWith(`${page}/`));
}

/** The bar at the top of every page. */
export function Header({ path, query }: { readonly path: string; readonly query: string }) {
  const themeLabel = strings.nav.theme[theme.value];
  return (
    <header class="header">
      <a class="brand" href="/" aria-label={`${strings.appName}: ${strings.nav.photos}`}>
        <Logo />
        <span class="brand-name">{strings.appName}</span>
      </a>
      <SearchBox path={path} query={query} />
      <ProgressPill isFloating={false} />
      <nav class="header-nav" aria-label={strings.nav.label}>
        {PAGES.filter((page) => page.path !== "/search").map((page) => (
          <a
            key={page.path}
            class="nav-link"
            href={page.path}
            aria-current={isWithin(path, page.path) ? "page" : undefined}
          >
            {page.label}
          </a>
        ))}
      </nav>
      <div class="header-tools">
        <AddPhotos />
        <button
          type="button"
          class="icon-button"
          title={themeLabel}
          aria-label={themeLabel}
          onClick={nextTheme}
        >
          <Icon name={theme.value} />
        </button>
        <button
          type="button"
          class="icon-button only-wide"
          title={`${strings.nav.help} (?)`}
          aria-label={strings.nav.help}
          onClick={() => (isHelpOpen.value = true)}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}
