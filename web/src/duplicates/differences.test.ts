import { describe, expect, it } from "vitest";
import type { DuplicateMember } from "../../../src/api/duplicates.ts";
import { compareMembers, type FACTS, folderOf, shortFolder } from "./differences.ts";

function member(changes: Partial<DuplicateMember>, photo: Partial<DuplicateMember["photo"]> = {}) {
  return {
    photo: { id: 1, width: 4000, height: 3000, takenAt: "2024-05-01T10:00:00", ...photo },
    path: "/photos/2024/a.jpg",
    byteSize: 3_000_000,
    format: "jpeg",
    cameraModel: "X100",
    hasGps: true,
    ...changes,
  } as DuplicateMember;
}

function factOf(members: readonly DuplicateMember[], index: number, fact: (typeof FACTS)[number]) {
  return compareMembers(members)[index]!.find((entry) => entry.fact === fact)!;
}

describe("compareMembers", () => {
  it("marks what differs and who has most", () => {
    const members = [member({}), member({ byteSize: 200_000 }, { width: 800, height: 600 })];
    expect(factOf(members, 0, "size")).toEqual({
      fact: "size",
      value: "4000 × 3000",
      isDifferent: true,
      isBest: true,
    });
    expect(factOf(members, 1, "size")).toMatchObject({ isDifferent: true, isBest: false });
    expect(factOf(members, 0, "camera")).toMatchObject({ isDifferent: false, isBest: false });
  });

  it("takes a photo that knows when and where for better than one that does not", () => {
    const members = [member({ hasGps: false, cameraModel: null }, { takenAt: null }), member({})];
    for (const fact of ["taken", "camera", "place"] as const) {
      expect(factOf(members, 0, fact)).toMatchObject({ value: undefined, isDifferent: true, isBest: false });
      expect(factOf(members, 1, fact).isBest).toBe(true);
    }
  });

  it("calls no folder and no format better than another", () => {
    const members = [member({}), member({ path: "/backup/a.png", format: "png" })];
    for (const fact of ["folder", "format"] as const) {
      expect([0, 1].map((index) => factOf(members, index, fact).isBest)).toEqual([false, false]);
      expect(factOf(members, 0, fact).isDifferent).toBe(true);
    }
  });
});

describe("facts that nobody has", () => {
  it("are left out, and so are formats and folders that all have", () => {
    const facts = compareMembers([member({ cameraModel: null }), member({ cameraModel: null })])[0]!;
    expect(facts.map(({ fact }) => fact)).toEqual(["size", "bytes", "taken", "place"]);
  });
});

describe("shortFolder", () => {
  it.each([
    ["/photos/2024", "/photos/2024"],
    ["/home/ada/photos/2024/rome", "…/2024/rome"],
  ])("of %s is %s", (folder, short) => {
    expect(shortFolder(folder)).toBe(short);
  });
});

describe("folderOf", () => {
  it.each([
    ["/photos/2024/a.jpg", "/photos/2024"],
    ["C:\\Photos\\a.jpg", "C:\\Photos"],
    ["/a.jpg", ""],
  ])("of %s is %s", (path, folder) => {
    expect(folderOf(path)).toBe(folder);
  });
});
