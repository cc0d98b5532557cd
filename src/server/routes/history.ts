import { IdParams, PageQuery } from "../../api/common.ts";
import { Decided, HistoryPage } from "../../api/people.ts";
import type { History } from "../../engine/history/history.ts";
import { USER } from "../actor.ts";
import type { ApiServer } from "../api-server.ts";
import { toHistoryEntry } from "../present-people.ts";

const tags = ["history"];

/** Everything that was decided, and the way back. */
export function addHistoryRoutes(server: ApiServer, history: History): void {
  server.get(
    "/history",
    {
      schema: {
        tags,
        summary: "What was decided, newest first",
        querystring: PageQuery,
        response: { 200: HistoryPage },
      },
    },
    async ({ query: { page, pageSize } }) => {
      const { items, total } = await history.list({ limit: pageSize, offset: (page - 1) * pageSize });
      return { items: items.map(toHistoryEntry), total, page, pageSize };
    },
  );

  server.post(
    "/history/:id/undo",
    {
      schema: {
        tags,
        summary: "Take a decision back, or an undo of it",
        params: IdParams,
        response: { 200: Decided },
      },
    },
    async ({ params: { id } }) => history.undo(id, USER),
  );
}
