import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeClipTowers } from "../../../test/onnx-towers.ts";
import { hasShared, readSharedJson, sharedPath } from "../../../test/shared-files.ts";
import { createClipTokenizer } from "./clip-tokenizer.ts";
import { type ClipVocabulary, readClipVocabulary } from "./clip-vocabulary.ts";

let folder: string;
let vocabulary: ClipVocabulary;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "clip-tokenizer-"));
  vocabulary = await readClipVocabulary(writeClipTowers(folder).tokenizer);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("readClipVocabulary", () => {
  it("names the file that is not a vocabulary", async () => {
    const path = join(folder, "broken.json");
    for (const content of ["{}", "not a vocabulary", gzipSync("a\nb c\n")]) {
      writeFileSync(path, content);
      await expect(readClipVocabulary(path)).rejects.toMatchObject({
        code: "model_invalid",
        message: expect.stringContaining(path),
      });
    }
  });

  it("says that a file is not there", async () => {
    await expect(readClipVocabulary(join(folder, "absent"))).rejects.toMatchObject({
      code: "file_unreadable",
    });
  });
});

describe("createClipTokenizer", () => {
  it("frames the text with start and end and fills the context with zeros", () => {
    const encoded = createClipTokenizer(vocabulary, 8).encode("RED  blue");
    const ids = ["<|startoftext|>", "red</w>", "blue</w>", "<|endoftext|>"];
    expect([...encoded]).toEqual([...ids.map((token) => vocabulary.ids.get(token)), 0, 0, 0, 0]);
  });

  it("cuts a long text so that the end stays last", () => {
    const encoded = createClipTokenizer(vocabulary, 4).encode("red red red red red");
    expect(encoded).toHaveLength(4);
    expect(encoded.at(-1)).toBe(vocabulary.endId);
  });
});

const VOCABULARY = "models/clip/bpe_simple_vocab_16e6.txt.gz";
const DATA = "conformance/clip/tokens.json";
const isHere = hasShared("CLIP tokens against openai/CLIP", VOCABULARY, DATA);
interface Row {
  readonly text: string;
  readonly ids: readonly number[];
  /** What comes out when the text is not repaired first. */
  readonly ids_without_ftfy_and_html?: readonly number[];
}

describe.skipIf(!isHere)("createClipTokenizer against openai/CLIP", () => {
  it.each(isHere ? readSharedJson<{ rows: Row[] }>(DATA).rows : [])("tokenizes $text alike", async (row) => {
    const tokenizer = createClipTokenizer(await readClipVocabulary(sharedPath(VOCABULARY)), 77);
    const padded = (ids: readonly number[]) => Array.from({ length: 77 }, (_, i) => ids[i] ?? 0);
    const accepted = [row.ids, row.ids_without_ftfy_and_html ?? row.ids].map(padded);
    expect(accepted).toContainEqual([...tokenizer.encode(row.text)]);
  });
});
