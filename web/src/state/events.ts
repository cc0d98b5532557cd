import { signal } from "@preact/signals";
import type { LibraryEvent, Queue } from "../../../src/api/system.ts";
import { api, EVENTS_URL } from "../api-client.ts";

/** All queues of background work, as last heard. */
export const queues = signal<readonly Queue[]>([]);

/** Bytes of the models being downloaded, by model id. */
export const downloads = signal<ReadonlyMap<string, { readonly received: number; readonly total: number }>>(
  new Map(),
);

/** Whether events arrive. */
export const connection = signal<"connecting" | "open" | "lost">("connecting");

/** Counts how often the connection came back: whoever shows data fetches it again then. */
export const reconnects = signal(0);

const listeners = new Set<(event: LibraryEvent) => void>();

/** Calls `listener` for each event of the library; gives back a function that ends this. */
export function onLibraryEvent(listener: (event: LibraryEvent) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const EVENT_NAMES = ["photo", "progress", "library", "download", "people"] as const;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** Listens to the server's events for the life of the page and reconnects with growing pauses. */
export function startEvents(): void {
  let retryMs = FIRST_RETRY_MS;
  let wasLost = false;

  const connect = () => {
    const source = new EventSource(EVENTS_URL);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const retryNow = () => {
      clearTimeout(timer);
      removeEventListener("online", retryNow);
      connect();
    };
    source.onopen = () => {
      connection.value = "open";
      retryMs = FIRST_RETRY_MS;
      if (wasLost) reconnects.value++;
      wasLost = false;
      void refreshQueues();
    };
    source.onerror = () => {
      source.close();
      wasLost = true;
      connection.value = "lost";
      timer = setTimeout(retryNow, retryMs);
      addEventListener("online", retryNow);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    };
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (message: MessageEvent<string>) =>
        receive({ ...(JSON.parse(message.data) as LibraryEvent), type: name } as LibraryEvent),
      );
    }
  };
  connect();
}

function receive(event: LibraryEvent): void {
  if (event.type === "progress") queues.value = event.queues;
  if (event.type === "download") {
    const { modelId, receivedBytes, totalBytes } = event;
    downloads.value = new Map(downloads.peek()).set(modelId, { received: receivedBytes, total: totalBytes });
  }
  if (event.type === "library" && event.reason === "models-changed") downloads.value = new Map();
  for (const listener of listeners) listener(event);
}

/** Fetches the queues: when the page opens and after a queue was paused or resumed. */
export async function refreshQueues(): Promise<void> {
  try {
    queues.value = (await api.jobs("pageSize=1")).queues;
  } catch {
    // The next progress event brings them.
  }
}
