import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/header.css";
import "./styles/grid.css";
import "./styles/search.css";
import "./styles/viewer.css";
import "./styles/pages.css";
import { App } from "./app.tsx";
import { startRouter } from "./router.ts";
import { startEvents } from "./state/events.ts";
import { storeScroll } from "./state/scroll-memory.ts";
import { startShortcuts } from "./state/shortcuts.ts";

startRouter();
startEvents();
startShortcuts();
addEventListener("pagehide", storeScroll);
render(<App />, document.getElementById("app")!);
