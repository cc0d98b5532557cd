import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/header.css";
import "./styles/grid.css";
import "./styles/search.css";
import "./styles/viewer.css";
import "./styles/pages.css";
import "./styles/people.css";
import "./styles/duplicates.css";
import "./styles/collections.css";
import { App } from "./app.tsx";
import { startRouter } from "./router.ts";
import { startAppUpdates } from "./state/app-updates.ts";
import { startEvents } from "./state/events.ts";
import { storeScroll } from "./state/scroll-memory.ts";
import { startShortcuts } from "./state/shortcuts.ts";
import { direction, locale } from "./strings/words.ts";

/** After a release the code of a page that is fetched later may be gone: the new app is fetched, once. */
addEventListener("vite:preloadError", () => {
  const isFirst =
    sessionStorage.getItem("keepsight.reloaded") !==
    document.querySelector("script[type=module]")?.getAttribute("src");
  if (!isFirst) return;
  sessionStorage.setItem(
    "keepsight.reloaded",
    document.querySelector("script[type=module]")?.getAttribute("src") ?? "",
  );
  window.location.reload();
});

document.documentElement.lang = locale;
document.documentElement.dir = direction;
startRouter();
startEvents();
startShortcuts();
startAppUpdates();
addEventListener("pagehide", storeScroll);
render(<App />, document.getElementById("app")!);
