import { SearchBox } from "../search/search-box.tsx";
import { isHelpOpen } from "../state/shortcuts.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { strings } from "../strings.ts";
import { AddPhotos } from "./add-photos.tsx";
import { Icon } from "./icon.tsx";
import { Logo } from "./logo.tsx";
import { isCurrent, PAGES } from "./navigation.ts";
import { ProgressPill } from "./progress-pill.tsx";

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
            aria-current={isCurrent(path, page.path) ? "page" : undefined}
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
