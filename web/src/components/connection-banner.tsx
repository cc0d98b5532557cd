import { useEffect, useState } from "preact/hooks";
import { keptSince } from "../api-client.ts";
import { formatMoment } from "../format.ts";
import { connection } from "../state/events.ts";
import { strings } from "../strings.ts";

/** A blink of the network is not worth a banner. */
const PATIENCE_MS = 1500;

/** Says that the server cannot be reached, while it cannot. */
export function ConnectionBanner() {
  const isLost = connection.value === "lost";
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    // Each retry passes through "lost" again; only an open connection takes the banner away.
    if (connection.value === "open") setShown(false);
    if (!isLost) return undefined;
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [connection.value]);
  return (
    <div role="status" aria-live="polite">
      {(isShown || keptSince.value !== undefined) && (
        <p class="connection-banner">
          {keptSince.value === undefined
            ? strings.connection.lost
            : strings.connection.kept(formatMoment(keptSince.value))}
        </p>
      )}
    </div>
  );
}
