/** A server before the server: it has pictures for photos that have none, and the bare page to compare with. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import sharp from "sharp";

const THUMBNAIL = /^\/api\/v1\/photos\/(\d+)\/(thumbnail|preview)/;

/** Different pictures; the same address always gives the same one. */
const PICTURES = 24;

const BARE_PAGE = `<!doctype html><title>Boxes</title><style>
body { margin: 0; background: #fff } #sheet { position: relative; height: 12000000px }
#sheet div { position: absolute; background: #bbb }</style><div id="sheet"></div>`;

/** Serves thumbnails itself and hands everything else on to `target`. */
export async function serveThumbnails(target: string): Promise<{ url: string; close(): Promise<void> }> {
  const pictures = await Promise.all(Array.from({ length: PICTURES }, (_, i) => drawThumbnail(i)));
  const server = createServer((incoming, answer) => {
    const path = incoming.url ?? "/";
    const id = THUMBNAIL.exec(path)?.[1];
    if (id !== undefined) {
      const picture = pictures[Number(id) % PICTURES]!;
      answer.writeHead(200, {
        "content-type": "image/jpeg",
        "content-length": picture.length,
        "cache-control": "private, max-age=31536000, immutable",
      });
      answer.end(picture);
    } else if (path === "/bare") {
      answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(BARE_PAGE);
    } else {
      const onward = request(
        target + path,
        { method: incoming.method, headers: incoming.headers },
        (reply) => {
          answer.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(answer);
        },
      );
      onward.on("error", () => answer.destroy());
      answer.on("close", () => onward.destroy());
      incoming.pipe(onward);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** About as many bytes as a real one. */
async function drawThumbnail(seed: number): Promise<Buffer> {
  const noise = Uint8Array.from({ length: 16 * 12 * 3 }, (_, i) => ((i + seed * 7) * 2654435761) >>> 24);
  return sharp(noise, { raw: { width: 16, height: 12, channels: 3 } })
    .resize(400, 300, { kernel: "cubic" })
    .jpeg({ quality: 80 })
    .toBuffer();
}
