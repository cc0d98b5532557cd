import { describe, expect, it } from "vitest";
import { nextTimeAt } from "./next-time-at.ts";

describe("nextTimeAt", () => {
  it("is today where the hour is still to come, else tomorrow", () => {
    const at = (hour: number, minute: number, day = 7) => new Date(2026, 4, day, hour, minute);
    expect(nextTimeAt(3, at(1, 30))).toEqual(at(3, 0));
    expect(nextTimeAt(3, at(3, 0))).toEqual(at(3, 0, 8));
    expect(nextTimeAt(0, at(23, 59))).toEqual(at(0, 0, 8));
    expect(nextTimeAt(3, new Date(2026, 11, 31, 12))).toEqual(new Date(2027, 0, 1, 3));
  });
});
