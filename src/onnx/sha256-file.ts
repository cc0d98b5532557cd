import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Bytes hashed at a time: large enough for full speed, small enough (about 2 ms) not to stall the event loop. */
const CHUNK_BYTES = 1 << 20;

/** The SHA-256 of a file's bytes as 64 lower-case hex digits. Rejects with the file system's error. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
    hash.update(chunk as Buffer);
  return hash.digest("hex");
}
