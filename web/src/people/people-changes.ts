import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { LibraryEvent } from "../../../src/api/system.ts";
import { onLibraryEvent, reconnects } from "../state/events.ts";
import { throttle } from "../state/throttle.ts";

/** Decisions made elsewhere and work in the background are shown at most this often. */
const REFRESH_MS = 800;

const ownChanges = signal(0);

/** To be called after a decision made on this page: what shows people is fetched again at once. */
export function peopleChanged(): void {
  ownChanges.value++;
}

/** Calls `reload` when somebody was named, moved or merged, here or elsewhere, and when faces were grouped or recognised. */
export function usePeopleReload(reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  const seen = useRef(`${ownChanges.peek()} ${reconnects.peek()}`);
  useSignalEffect(() => {
    const now = `${ownChanges.value} ${reconnects.value}`;
    if (now === seen.current) return;
    seen.current = now;
    latest.current();
  });
  useEffect(() => {
    const reloadSoon = throttle(
      () => latest.current(),
      () => REFRESH_MS,
    );
    let finished: number | undefined;
    const stop = onLibraryEvent((event) => {
      const now = finishedFaceJobs(event);
      if (event.type === "people" || (now !== undefined && finished !== undefined && now !== finished)) {
        reloadSoon();
      }
      finished = now ?? finished;
    });
    return () => {
      stop();
      reloadSoon.cancel();
    };
  }, []);
}

/** How many jobs about faces came to an end; undefined where the event does not tell. */
function finishedFaceJobs(event: LibraryEvent): number | undefined {
  if (event.type !== "progress") return undefined;
  return event.queues
    .filter(({ kind }) => kind.startsWith("faces."))
    .reduce((sum, { succeeded }) => sum + succeeded, 0);
}
