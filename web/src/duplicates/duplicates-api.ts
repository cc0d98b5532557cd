import type {
  BulkResolvePlan,
  DuplicateGroup,
  DuplicateGroupPage,
  DuplicateStats,
  GroupDecided,
  ResolveAnswer,
} from "../../../src/api/duplicates.ts";
import { type AcceptedJob, get, post } from "../api-client.ts";

/** Which groups are shown. */
export type GroupState = DuplicateGroup["state"];
/** How much alike the photos of a group are. */
export type GroupKind = DuplicateGroup["kind"];

/** What the pages of duplicates ask the server. All of them reject with `ApiError`. */
export const duplicatesApi = {
  groups: (query: string, signal?: AbortSignal) =>
    get<DuplicateGroupPage>(`/duplicates/groups?${query}`, signal),
  group: (id: number, signal?: AbortSignal) => get<DuplicateGroup>(`/duplicates/group/${id}`, signal),
  stats: (signal?: AbortSignal) => get<DuplicateStats>("/duplicates/stats", signal),
  resolve: (id: number, keeperId: number) =>
    post<ResolveAnswer>(`/duplicates/group/${id}/resolve`, { keeperId }),
  planResolve: (id: number, keeperId: number) =>
    post<ResolveAnswer>(`/duplicates/group/${id}/resolve`, { keeperId, dryRun: true }),
  dismiss: (id: number) => post<GroupDecided>(`/duplicates/group/${id}/dismiss`),
  removeMember: (id: number, photoId: number) =>
    post<GroupDecided>(`/duplicates/group/${id}/member/${photoId}`, undefined, "DELETE"),
  planAll: () => post<BulkResolvePlan>("/duplicates/resolve", { dryRun: true }),
  resolveAll: () => post<AcceptedJob>("/duplicates/resolve", { dryRun: false }),
  scan: () => post<AcceptedJob>("/duplicates/scan", {}),
};
