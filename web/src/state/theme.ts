import { signal } from "@preact/signals";

/** Light, dark, or what the system says. */
export type Theme = "system" | "light" | "dark";

const KEY = "keepsight.theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

/** The chosen theme. */
export const theme = signal<Theme>(readTheme());

function readTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** Changes to the next theme and remembers it. */
export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.peek()) + 1) % ORDER.length]!;
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // Storage may be switched off: the choice lasts until the page is closed.
  }
}
