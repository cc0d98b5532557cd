import { describe, expect, it } from "vitest";
import type { Photo } from "../../database/photo-store.ts";
import type { KeeperRule } from "../../core/duplicates.ts";
import { chooseKeeper, DEFAULT_KEEPER_RULES } from "./choose-keeper.ts";
import { findLostFacts } from "./file-facts.ts";

const by = (...order: KeeperRule[]) => ({ ...DEFAULT_KEEPER_RULES, order });

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

  it("keeps what no other copy can be given rather than what it inherits", () => {
    const said = photoOf(4, { rating: 5, title: "Sea", description: "At the sea" });
    const placed = photoOf(5, { latitude: 41.9, longitude: 12.5 });
    expect(chooseKeeper([said, placed])).toBe(placed);
    expect(chooseKeeper([small, photoOf(6, { ...small, id: 6, takenAtSource: "metadata" })]).id).toBe(6);
    expect(chooseKeeper([placed, large], by("origin"))).toBe(placed);
    expect(findLostFacts(large, [small, placed, tagged])).toEqual(["place", "camera"]);
    expect(findLostFacts(placed, [small, large])).toEqual([]);
  });

  it("follows the rules in the order they are given", () => {
    expect(chooseKeeper([small, large, tagged], by("date"))).toBe(small);
    expect(chooseKeeper([large, tagged], by("size", "metadata"))).toBe(large);
  });

  it("prefers what a camera writes to what is made of it", () => {
    const raw = photoOf(4, { format: "raw" });
    const web = photoOf(5, { format: "webp" });
    const unknown = photoOf(6, {});
    expect(chooseKeeper([unknown, web, raw], by("format"))).toBe(raw);
    expect(chooseKeeper([unknown, web], by("format"))).toBe(web);
  });

  it("prefers folders, formats and dates as it is told", () => {
    const [inbox, archive] = [photoOf(4, { path: "/in/a.jpg" }), photoOf(5, { path: "/archive/a.jpg" })];
    const likeNamed = photoOf(6, { path: "/archive2/a.jpg" });
    const folders = { ...by("folder"), folders: ["/archive", "/in"] };
    expect(chooseKeeper([likeNamed, inbox, archive], folders)).toBe(archive);
    expect(chooseKeeper([likeNamed, inbox], folders)).toBe(inbox);
    const [png, jpeg] = [photoOf(4, { format: "png" }), photoOf(5, { format: "jpeg" })];
    expect(chooseKeeper([jpeg, png], { ...by("format"), formats: ["png"] })).toBe(png);
    expect(chooseKeeper([small, large], { ...by("date"), preferOldest: false })).toBe(large);
  });

  it("keeps the one that came first where all are alike", () => {
    expect(chooseKeeper([photoOf(9, {}), photoOf(8, {})]).id).toBe(8);
  });
});
