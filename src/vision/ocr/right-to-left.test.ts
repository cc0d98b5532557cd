import { describe, expect, it } from "vitest";
import { isRightToLeft, toLogicalOrder } from "./right-to-left.ts";

describe("toLogicalOrder", () => {
  it("turns a line of Arabic or Hebrew round", () => {
    expect(toLogicalOrder(Array.from("امروز هوا خوبه").toReversed().join(""))).toBe("امروز هوا خوبه");
    expect(toLogicalOrder("םולש")).toBe("שלום");
  });

  it("leaves numbers and Latin words within it as they are", () => {
    expect(toLogicalOrder("12:30 העש")).toBe("שעה 12:30");
    expect(toLogicalOrder("ברע Open Air 2024 לש")).toBe("של Open Air 2024 ערב");
    expect(toLogicalOrder("50% החנה")).toBe("הנחה 50%");
  });

  it("keeps marks on their letters", () => {
    const shin = "\u05E9\u05C1";
    expect(toLogicalOrder(`ב${shin}`)).toBe(`${shin}ב`);
  });

  it("leaves lines without such letters alone", () => {
    expect(toLogicalOrder("BEWARE OF 3 dogs")).toBe("BEWARE OF 3 dogs");
  });
});

describe("isRightToLeft", () => {
  it("knows Arabic and Hebrew from the rest", () => {
    expect(["خوبه", "שלום", "No 5", "韩国"].map(isRightToLeft)).toEqual([true, true, false, false]);
  });
});
