import { describe, expect, test } from "vitest";
import { foldText } from "./fold-text.ts";

describe("foldText", () => {
  test.each([
    ["CAFÉ", "cafe"],
    ["Cafe\u0301", "cafe"],
    ["Straße", "strasse"],
    ["STRASSE", "strasse"],
    ["Łódź", "lodz"],
    ["ﬁne ＡＢＣ １２", "fine abc 12"],
    ["İstanbul ISPARTA ılık", "istanbul isparta ilik"],
    ["Ёлка", "елка"],
    ["ガギ", "ガギ"],
    ["ｶﾞ", "ガ"],
    ["서울", "서울"],
    ["नमस्ते", "नमस्ते"],
    ["Ὀδυσσεύς", "οδυσσευς"],
    ["👍🏽\u0000", "👍🏽\u0000"],
  ])("makes %j %j", (text, folded) => {
    expect(foldText(text)).toBe(folded);
    expect(foldText(folded)).toBe(folded);
  });
});
