import { describe, expect, it, test } from "vitest";
import { readSignature } from "./probe-signature.ts";

const brands = (...names: string[]) =>
  Buffer.from(
    `\0\0\0${String.fromCharCode(12 + names.length * 4)}ftyp${names[0]}\0\0\0\0${names.slice(1).join("")}`,
    "latin1",
  );

describe("readSignature", () => {
  test.each([
    ["jpeg", Buffer.from("ffd8ffe000104a464946", "hex")],
    ["png", Buffer.from("89504e470d0a1a0a0000000d", "hex")],
    ["webp", Buffer.from("RIFF\x10\0\0\0WEBPVP8 ", "latin1")],
    ["gif", Buffer.from("GIF89a")],
    ["tiff-or-raw", Buffer.from("II*\0\x08\0\0\0", "latin1")],
    ["tiff", Buffer.from("MM\0\x2b\0\x08\0\0", "latin1")],
    ["raw", Buffer.from("FUJIFILMCCD-RAW 0201")],
    ["raw", Buffer.from("IIRO\x08\0\0\0", "latin1")],
    ["raw", Buffer.from("IIU\0\x18\0\0\0", "latin1")],
    ["raw", brands("crx ", "crx ", "isom")],
    ["avif", brands("avif", "mif1", "miaf")],
    ["avif", brands("mif1", "avif", "miaf")],
    ["heic", brands("heic", "mif1", "heic")],
    ["heic", brands("mif1", "heic")],
  ])("knows %s by its content", (format, bytes) => {
    expect(readSignature(bytes)).toEqual({ format });
  });

  test.each([
    ["JPEG XL", Buffer.from("ff0aba21", "hex")],
    ["JPEG XL", Buffer.from("0000000c4a584c200d0a870a", "hex")],
    ["video", brands("isom", "mp42")],
    ["video", brands("qt  ")],
    ["SVG drawing", Buffer.from("<svg xmlns=''>")],
    ["BMP", Buffer.from("BM6\0\0\0", "latin1")],
  ])("names %s, which is not read", (unsupported, bytes) => {
    expect(readSignature(bytes)).toEqual({ unsupported });
  });

  it("says nothing of unknown or missing bytes", () => {
    expect(readSignature(Buffer.from("hello world"))).toBeUndefined();
    expect(readSignature(new Uint8Array())).toBeUndefined();
    expect(readSignature(Buffer.from("ffd8", "hex"))).toBeUndefined();
  });
});
