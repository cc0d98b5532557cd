import { describe, expect, it } from "vitest";
import { lastDayOf } from "./last-day-of.ts";

describe("lastDayOf", () => {
  it.each([
    ["2023-02", "2023-02-28"],
    ["2024-02", "2024-02-29"],
    ["1900-02", "1900-02-28"],
    ["2024-12", "2024-12-31"],
    ["0050-04", "0050-04-30"],
  ])("ends %s on %s", (month, day) => {
    expect(lastDayOf(month)).toBe(day);
  });
});
