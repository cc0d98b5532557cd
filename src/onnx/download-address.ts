/** Where models are fetched from instead of the addresses of the catalogue, and who asks. */
export interface DownloadSource {
  /** Base address that takes the place of scheme and host in every address. */
  readonly mirror?: string | undefined;
  /** What Hugging Face's own tools are told by `HF_ENDPOINT` and `HF_TOKEN`. */
  readonly huggingFace?: { readonly endpoint?: string | undefined; readonly token?: string | undefined };
}

/** An address to ask, and the headers that belong to it alone: a redirect to another host must not get them. */
export interface DownloadAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const HUGGING_FACE = "https://huggingface.co";

/**
 * The address that stands for one of the catalogue's. A mirror takes the place of every host. The token goes to the address
 * of Hugging Face, or of `HF_ENDPOINT` in its place, and to no other: neither to other hosts nor to a mirror.
 */
export function toDownloadAddress(url: string, { mirror, huggingFace }: DownloadSource): DownloadAddress {
  if (mirror !== undefined) return { url: rebase(url, mirror), headers: {} };
  if (!isOnHuggingFace(url)) return { url, headers: {} };
  const { endpoint = HUGGING_FACE, token } = huggingFace ?? {};
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { url: rebase(url, endpoint), headers };
}

/** Whether a file lies on Hugging Face, whose servers tell the checksums of what they hold. */
export function isOnHuggingFace(url: string): boolean {
  return new URL(url).origin === HUGGING_FACE;
}

/** The same path and query below the base address, which may have a path of its own. */
function rebase(url: string, base: string): string {
  const { pathname, search } = new URL(url);
  return base.replace(/\/+$/, "") + pathname + search;
}
