import { describe, expect, it } from "vitest";
import { createPhotoSelection } from "./photo-selection.ts";

/** A grid whose photo at position p has the id 100 + p. */
const open = () =>
  createPhotoSelection(async (first, last) =>
    Array.from({ length: last - first + 1 }, (_, i) => 100 + first + i),
  );

describe("createPhotoSelection", () => {
  it("adds and takes away one", () => {
    const selection = open();
    selection.toggle(105, 5);
    selection.toggle(107, 7);
    selection.toggle(105, 5);
    expect([...selection.ids.value]).toEqual([107]);
    expect(selection.isActive.value).toBe(true);
  });

  it("reaches from the last choice to here, and back again", async () => {
    const selection = open();
    selection.toggle(101, 1);
    selection.toggle(105, 5);
    await selection.extendTo(8);
    await selection.extendTo(4);
    expect([...selection.ids.value].toSorted((a, b) => a - b)).toEqual([101, 104, 105]);
  });

  it("takes away a range when its first photo was taken away", async () => {
    const selection = open();
    await selection.toggleRange(0, 9);
    selection.toggle(103, 3);
    await selection.extendTo(5);
    expect([...selection.ids.value]).toEqual([100, 101, 102, 106, 107, 108, 109]);
  });

  it("completes a day that is chosen in part, and takes away one that is chosen whole", async () => {
    const selection = open();
    selection.toggle(102, 2);
    await selection.toggleRange(0, 3);
    expect(selection.ids.value.size).toBe(4);
    await selection.toggleRange(0, 3);
    expect(selection.isActive.value).toBe(false);
  });

  it("drops a range that was overtaken", async () => {
    const selection = open();
    selection.toggle(100, 0);
    const slow = selection.extendTo(9);
    selection.clear();
    await slow;
    expect(selection.ids.value.size).toBe(0);
  });
});
