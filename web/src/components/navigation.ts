import { strings } from "../strings.ts";
import type { IconName } from "./icon.tsx";

/** The pages of the main navigation. */
export const PAGES: readonly {
  readonly path: string;
  readonly icon: IconName;
  readonly label: string;
}[] = [
  { path: "/", icon: "photos", label: strings.nav.photos },
  { path: "/people", icon: "person", label: strings.nav.people },
  { path: "/search", icon: "search", label: strings.nav.search },
  { path: "/albums", icon: "album", label: strings.nav.albums },
  { path: "/map", icon: "place", label: strings.nav.map },
  { path: "/tools", icon: "category", label: strings.nav.tools },
];

/** The pages that are not in the main navigation. */
export const TOOLS: readonly {
  readonly path: string;
  readonly icon: IconName;
  readonly label: string;
  readonly hint: string;
}[] = [
  { path: "/duplicates", icon: "copy", label: strings.duplicates.title, hint: strings.tools.duplicates },
  { path: "/history", icon: "undo", label: strings.history.title, hint: strings.tools.history },
  { path: "/categories", icon: "category", label: strings.categories.title, hint: strings.tools.categories },
  { path: "/jobs", icon: "jobs", label: strings.jobs.title, hint: strings.tools.jobs },
  { path: "/models", icon: "models", label: strings.models.title, hint: strings.tools.models },
  { path: "/stats", icon: "stats", label: strings.stats.title, hint: strings.tools.stats },
  { path: "/settings", icon: "folder", label: strings.settings.title, hint: strings.tools.settings },
];

/** Whether a path belongs to a page of the main navigation. */
export function isCurrent(path: string, page: string): boolean {
  if (page === "/tools") return isWithin(path, page) || TOOLS.some((tool) => isWithin(path, tool.path));
  return isWithin(path, page);
}

function isWithin(path: string, page: string): boolean {
  return path === page || (page !== "/" && path.startsWith(`${page}/`));
}
