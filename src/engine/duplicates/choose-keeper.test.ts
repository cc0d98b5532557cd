import { describe, expect, it } from "vitest";
import type { Photo } from "../../database/photo-store.ts";
import { chooseKeeper } from "./choose-keeper.ts";

function photoOf(id: number, parts: Partial<Photo>): Photo {
  return {
    id,
    path: `/${id}.jpg`,
    fileName: `${id}.jpg`,
    byteSize: 1000,
    modifiedAtMs: 0,
    contentVersion: 1,
    status: "completed",
    takenAtMs: 1000,
    takenDay: 0,
    takenAtSource: "file",
    isUpload: 0,
    isFavourite: 0,
    importedAt: 0,
    ...parts,
  };
}

describe("chooseKeeper", () => {
  const small = photoOf(1, { width: 400, height: 300, takenAtMs: 5 });
  const large = photoOf(2, { width: 4000, height: 3000, byteSize: 500 });
  const tagged = photoOf(3, { width: 4000, height: 3000, cameraModel: "X100", byteSize: 400 });

  it("keeps the most pixels, and of as many pixels the one that knows its camera", () => {
    expect(chooseKeeper([small, large])).toBe(large);
    expect(chooseKeeper([small, large, tagged])).toBe(tagged);
  });

  it("follows the rules in the order they are given", () => {
    expect(chooseKeeper([small, large, tagged], ["date"])).toBe(small);
    expect(chooseKeeper([large, tagged], ["size", "metadata"])).toBe(large);
  });

  it("prefers what a camera writes to what is made of it", () => {
    const raw = photoOf(4, { format: "raw" });
    const web = photoOf(5, { format: "webp" });
    const unknown = photoOf(6, {});
    expect(chooseKeeper([unknown, web, raw], ["format"])).toBe(raw);
    expect(chooseKeeper([unknown, web], ["format"])).toBe(web);
  });

  it("keeps the one that came first where all are alike", () => {
    expect(chooseKeeper([photoOf(9, {}), photoOf(8, {})]).id).toBe(8);
  });
});
