import { describe, expect, it, test } from "vitest";
import { hasShared, readSharedJson } from "../../../test/shared-files.ts";
import { judgeLookalikes } from "./lookalikes.ts";

function keptOf(lines: readonly string[]): string[] {
  const isLookalike = judgeLookalikes(lines);
  return lines.filter((line) => !isLookalike(line));
}

const TRUTH = "photos/text/truth.json";
const isHere = hasShared("lines of the sample photos", TRUTH);
const photos = isHere
  ? Object.entries(
      readSharedJson<Record<string, { words?: readonly string[]; lines?: readonly string[] }>>(TRUTH),
    )
  : [];

describe("judgeLookalikes", () => {
  test.each([
    [["Bpeme je neno AaHac."]],
    [["BpeMe", "je", "eno", "AaHac."]],
    [["PECTOPAH", "KAOE", "6AP"]],
    [["MocKBa", "He KypuTb", "AnTeKa"]],
  ])("believes nothing of %j", (lines) => {
    expect(keptOf(lines)).toEqual([]);
  });

  test.each([
    [["COMPANY"]],
    [["TEXACO", "OPEN"]],
    [["PHOTO CAMERA", "EXPRESS"]],
    [["KAHVE", "TEA", "COFFEE"]],
    [["欢迎光临", "KTV包厢"]],
    [["Время не ждёт никого", "Москва"]],
    [["107", "$7.95", "22.10.2017"]],
    [[]],
  ])("believes all of %j", (lines) => {
    expect(keptOf(lines)).toEqual(lines);
  });

  it("believes the lines in another alphabet of a sign that has both", () => {
    expect(keptOf(["PECTOPAH", "MocKBa", "KAOE", "BILLIARD"])).toContain("BILLIARD");
  });

  it("does not doubt a page of Latin text for lines that could be Cyrillic", () => {
    const page = ["A menu of the day", "with soup, fish and a glass of wine", "COME ON", "TOP CAMP"];
    expect(keptOf(page)).toEqual(page);
  });

  describe.skipIf(!isHere)("on the sample photos", () => {
    test.each(photos)("believes every line of %s", (_name, { lines = [], words = [] }) => {
      expect(keptOf(lines)).toEqual(lines);
      expect(keptOf(words)).toEqual(words);
    });
  });
});
