import type { FastifyReply } from "fastify";

/**
 * Answers with one JSON value a line, each sent as it comes, while the request may still arrive. `work` gets what sends a
 * line; it must not throw, since the answer has begun.
 */
export async function sendLines<T>(
  reply: FastifyReply,
  work: (send: (line: T) => void) => Promise<void>,
): Promise<void> {
  // Results leave while later files still arrive, so the answer is written by hand.
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "application/x-ndjson; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // After a batch that could not be read to its end the connection is of no further use.
    connection: "close",
  });
  try {
    await work((line) => void reply.raw.write(`${JSON.stringify(line)}\n`));
  } finally {
    reply.raw.end();
  }
}
