import { focusSearch } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";
import { isCurrent, PAGES } from "./navigation.ts";

/** The navigation at the bottom of a phone's screen. */
export function TabBar({ path }: { readonly path: string }) {
  return (
    <nav class="tab-bar" aria-label={strings.nav.label}>
      {PAGES.map((page) => (
        <a
          key={page.path}
          class="tab"
          href={page.path}
          aria-current={isCurrent(path, page.path) ? "page" : undefined}
          onClick={() => page.path === "/search" && focusSearch()}
        >
          <span class="tab-icon">
            <Icon name={page.icon} size={22} />
          </span>
          {page.label}
        </a>
      ))}
    </nav>
  );
}
