import { effect } from "@preact/signals";
import { strings } from "../strings.ts";
import { reconnects } from "./events.ts";
import { notify } from "./notices.ts";

/** Long enough that nobody is asked to reload twice for one release. */
const SHOWN_FOR_LONG = 60_000;

/** Lets the browser keep the app for times without a connection, and says when a new release is there. */
export function startAppUpdates(): void {
  if (!("serviceWorker" in navigator)) return;
  const hadOne = navigator.serviceWorker.controller !== null;
  let saidAt = 0;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadOne || performance.now() - saidAt < SHOWN_FOR_LONG) return;
    saidAt = performance.now();
    notify(strings.connection.updated, false, {
      label: strings.connection.reload,
      run: () => window.location.reload(),
    });
  });
  addEventListener("load", () => {
    navigator.serviceWorker.register("/service-worker.js").then(
      // A server that came back may be a newer one.
      (registration) =>
        effect(() => {
          if (reconnects.value > 0) void registration.update().catch(() => undefined);
        }),
      // Without it, on a plain http address for example, everything works but offline.
      () => undefined,
    );
  });
}
