import { api } from "../api-client.ts";
import { strings } from "../strings.ts";
import { decide } from "./decide.ts";
import type { Named } from "./name-field.tsx";

/** Names all faces of a cluster; resolves to who they are then, or to undefined when it did not work. */
export function nameCluster(clusterId: string, named: Named): Promise<{ personId: string } | undefined> {
  return decide(
    // The server finds a person by the name, in any case.
    () => api.labelCluster(clusterId, named.shownName),
    ({ facesLabeled, personName }) => strings.people.done.named(facesLabeled, personName),
  );
}
