import { askThread } from "./ask-thread.ts";
import type { FaceGroups, FacesToGroup } from "./group-faces.ts";

/** Clusters faces in a thread of its own; see `askThread` for how it ends. */
export function groupInThread(faces: FacesToGroup, signal?: AbortSignal): Promise<FaceGroups> {
  return askThread(new URL("./grouping-worker.ts", import.meta.url), faces, signal);
}
