import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTokenizer } from "./read-tokenizer.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "read-tokenizer-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("readTokenizer", () => {
  it("names the file that is no tokeniser", async () => {
    const path = join(folder, "broken.json");
    const mergeList = gzipSync('"bpe_simple_vocab_16e6.txt#version: 0.2\nb c\n');
    for (const content of ["{}", "{", '{"model":{}}', "not a vocabulary", mergeList]) {
      writeFileSync(path, content);
      await expect(readTokenizer(path)).rejects.toMatchObject({
        code: "model_invalid",
        message: expect.stringContaining(path),
      });
    }
  });

  it("says that a file is not there", async () => {
    await expect(readTokenizer(join(folder, "absent"))).rejects.toMatchObject({ code: "file_unreadable" });
  });

  it("reads BERT's list of tokens", async () => {
    const path = join(folder, "vocab.txt");
    writeFileSync(path, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nphoto\n##graph\n狗\n,\n");
    const tokenizer = await readTokenizer(path);
    const { ids } = tokenizer.encode("photograph, 狗 zebra", { add_special_tokens: false });
    expect(ids).toEqual([5, 6, 8, 7, 1]);
    expect(tokenizer.token_to_id("[CLS]")).toBe(2);
  });
});
