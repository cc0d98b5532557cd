import type { LibraryEvent as ApiEvent } from "../api/system.ts";
import type { JobOverview } from "../engine/jobs/job-overview.ts";
import type { LibraryEvents } from "../engine/library-events.ts";
import type { ApiServer } from "./api-server.ts";
import { contentOf } from "./documentation.ts";
import { toQueue } from "./routes/jobs.ts";

/** How often progress is told while work goes on, and how often a silent stream shows that it lives, milliseconds. */
const PROGRESS_MS = 1000;
const KEEP_ALIVE_MS = 20_000;

/** A reader that takes nothing for this many bytes is let go: it can connect again. */
const MAX_BUFFERED_BYTES = 1_000_000;

export interface EventStreamOptions {
  readonly events: LibraryEvents;
  readonly jobs: JobOverview;
}

/** `GET /events`: what happens in the library as server-sent events, until either side closes. */
export function addEventStream(server: ApiServer, { events, jobs }: EventStreamOptions): void {
  const closers = new Set<() => void>();
  server.addHook("preClose", async () => {
    for (const close of closers) close();
  });

  server.get(
    "/events",
    {
      schema: {
        tags: ["system"],
        summary: "What happens in the library, as server-sent events",
        description:
          "Events `photo`, `progress`, `library` and `download`, each with a JSON object as its data.",
        response: { 200: contentOf("Events until either side closes", "text/event-stream") },
      },
    },
    async (request, reply) => {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
      });
      let lastProgress = "";
      const send = (event: ApiEvent) => {
        // Ending would wait for what the reader does not take.
        if (raw.writableLength > MAX_BUFFERED_BYTES) return void raw.destroy();
        raw.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      };
      const sendProgress = async () => {
        const queues = (await jobs.queues()).map(toQueue);
        const text = JSON.stringify(queues);
        // Nothing is said while nothing changes.
        if (text !== lastProgress && !raw.writableEnded) send({ type: "progress", queues });
        lastProgress = text;
      };
      const report = (error: unknown) => request.log.warn({ err: error }, "progress could not be read");
      const unsubscribe = events.subscribe((event) => {
        if (event.type !== "jobs") send(event);
      });
      const progressTimer = setInterval(() => void sendProgress().catch(report), PROGRESS_MS);
      const keepAliveTimer = setInterval(() => raw.write(": still here\n\n"), KEEP_ALIVE_MS);
      const close = () => {
        unsubscribe();
        clearInterval(progressTimer);
        clearInterval(keepAliveTimer);
        closers.delete(close);
        raw.end();
      };
      closers.add(close);
      raw.once("close", close);
      raw.write("retry: 2000\n\n");
      await sendProgress().catch(report);
    },
  );
}
