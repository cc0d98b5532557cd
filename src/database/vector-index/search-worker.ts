import { parentPort, workerData } from "node:worker_threads";
import { createMatrixSearch } from "./matrix-search.ts";
import type { MatrixSearchOptions } from "./matrix-search.ts";
import type { SearchReply, SearchRequest } from "./search-thread.ts";

const searchMatrix = createMatrixSearch(workerData as MatrixSearchOptions);

parentPort?.on("message", ({ ticket, query }: SearchRequest) => {
  parentPort?.postMessage(answer(ticket, query));
});

function answer(ticket: number, query: SearchRequest["query"]): SearchReply {
  try {
    return { ticket, matches: searchMatrix(query) };
  } catch (error) {
    return { ticket, error };
  }
}
