import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limitUploads } from "./limit-uploads.ts";

let server: FastifyInstance;
/** Requests whose body did not arrive. */
let broken: number;

beforeEach(async () => {
  broken = 0;
  server = Fastify();
  limitUploads(server, { maxUploads: 10, minBytesPerSecond: 1000, patienceMs: 100 });
  server.setErrorHandler(async (_error, _request, reply) => {
    broken++;
    return reply.code(400).send("broken");
  });
  server.post("/", async (request) => request.body);
  await server.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(() => server.close());

async function begin(headers: string, body: string): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  await once(socket, "connect");
  socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n${body}`);
  return { socket, closed };
}

describe("limitUploads", () => {
  it("cuts off a request whose body hardly moves, however it is sent", async () => {
    const counted = await begin("content-type: text/plain\r\ncontent-length: 5000", "slow");
    const chunked = await begin("content-type: text/plain\r\ntransfer-encoding: chunked", "4\r\nslow\r\n");
    counted.socket.resume();
    chunked.socket.resume();
    const drip = setInterval(() => chunked.socket.write("1\r\nx\r\n"), 40);
    await Promise.all([counted.closed, chunked.closed]);
    clearInterval(drip);
    await expect.poll(() => broken).toBe(2);
  });

  it("leaves alone what is slow at first and then comes whole", async () => {
    const { socket } = await begin("content-type: text/plain\r\ncontent-length: 60000", "x".repeat(20_000));
    const answered = once(socket, "data");
    const rest = setTimeout(() => socket.write("x".repeat(40_000)), 60);
    const [answer] = (await answered) as [Buffer];
    clearTimeout(rest);
    expect(answer.toString()).toContain("200 OK");
    socket.destroy();
  });
});
