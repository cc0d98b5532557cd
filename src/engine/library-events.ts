import { EventEmitter } from "node:events";
import type { Step } from "../core/photo-analysis.ts";

/** What happens in a library, for those who watch it. */
export type LibraryEvent =
  | { readonly type: "photo"; readonly photoId: number; readonly status: string; readonly step?: Step }
  | {
      readonly type: "library";
      readonly reason:
        | "photos-added"
        | "photos-removed"
        | "photos-changed"
        | "albums-changed"
        | "models-changed"
        | "concepts-changed";
    }
  | { readonly type: "jobs" }
  /** Who is who changed. */
  | { readonly type: "people" }
  /** Groups of duplicates came, went or changed. */
  | { readonly type: "duplicates" }
  | {
      readonly type: "download";
      readonly modelId: string;
      readonly receivedBytes: number;
      readonly totalBytes: number;
    };

/** Tells listeners what happens, in order and at once. */
export interface LibraryEvents {
  publish(event: LibraryEvent): void;
  /** Calls the listener for each event from now on; the answer ends that. */
  subscribe(listener: (event: LibraryEvent) => void): () => void;
}

/** A publisher for one process; a listener that throws is a bug and is let through. */
export function createLibraryEvents(): LibraryEvents {
  const emitter = new EventEmitter();
  // Each open browser tab is one listener.
  emitter.setMaxListeners(0);
  return {
    publish: (event) => void emitter.emit("event", event),
    subscribe(listener) {
      emitter.on("event", listener);
      return () => void emitter.off("event", listener);
    },
  };
}
