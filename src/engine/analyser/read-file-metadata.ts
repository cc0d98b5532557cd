import { probeImage } from "../../image/probe.ts";
import { readMetadata } from "../../library/read-metadata.ts";
import { readSidecar } from "../../library/sidecar.ts";
import { statFile } from "./analyse-file.ts";
import type { AnalyserSettings, FileMetadata, ReadMetadataRequest } from "./analyser-protocol.ts";

/**
 * What a photo and its sidecar say, without a look at the pixels. Throws `not_found` and `file_unreadable` as an analysis does,
 * and what {@link probeImage} throws.
 */
export async function readFileMetadata(
  { path, ownSidecar }: ReadMetadataRequest,
  { limits }: Pick<AnalyserSettings, "limits">,
): Promise<FileMetadata> {
  const state = await statFile(path);
  const { blocks, size } = await probeImage(path, limits);
  const sidecar = await readSidecar(path, ownSidecar);
  const metadata = readMetadata({ ...blocks, ...(sidecar && { sidecarXmp: sidecar.content }), size });
  return { metadata, ...(sidecar && { sidecar: sidecar.file }), ...state };
}
