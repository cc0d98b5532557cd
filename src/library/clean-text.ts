/** Longest text kept from a photo's metadata, characters; real captions are shorter. */
const MAX_LENGTH = 4000;

/** C0 and C1 controls except tab and newline, and the marks of undecodable bytes and byte order. */
// oxlint-disable-next-line no-control-regex -- removing control characters is what this is for
const UNWANTED = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\uFEFF\uFFFD]/g;

/** The text without control characters and outer blanks, cut to a sane length; undefined when nothing is left. */
export function cleanText(text: string | undefined): string | undefined {
  const clean = text?.slice(0, MAX_LENGTH).replaceAll("\r\n", "\n").replaceAll(UNWANTED, "").trim();
  return clean === "" ? undefined : clean;
}

/** Bytes up to the first NUL as text: UTF-8 where valid, else Latin-1, which old cameras wrote. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  const used = bytes.subarray(0, Math.min(end === -1 ? bytes.length : end, MAX_LENGTH * 4));
  try {
    return cleanText(new TextDecoder("utf-8", { fatal: true }).decode(used));
  } catch {
    return cleanText(Buffer.from(used.buffer, used.byteOffset, used.byteLength).toString("latin1"));
  }
}
