import { describe, expect, it, test } from "vitest";
import { offsetAtPlace, offsetAtPlaceAndInstant, offsetFromGpsTime } from "./utc-offset.ts";

const NOON_UTC = Date.parse("2024-06-01T12:00:00Z");

describe("offsetFromGpsTime", () => {
  test.each([
    ["2024-06-01T14:00:00", 120],
    ["2024-06-01T14:03:10", 120],
    ["2024-06-01T17:45:00", 345],
    ["2024-06-01T02:30:00", -570],
    ["2024-06-02T02:00:00", 840],
    ["2024-06-01T12:00:00", 0],
  ])("takes the difference of %s to GPS time for an offset", (local, minutes) => {
    expect(offsetFromGpsTime(local, NOON_UTC)).toBe(minutes);
  });

  test.each([
    ["a clock that is wrong by minutes", "2024-06-01T14:11:00"],
    ["a quarter of an hour that is in use nowhere", "2024-06-01T14:15:00"],
    ["more than any zone", "2024-06-02T03:00:00"],
    ["another day", "2024-05-30T12:00:00"],
  ])("takes %s for no offset", (_name, local) => {
    expect(offsetFromGpsTime(local, NOON_UTC)).toBeUndefined();
  });
});

describe("offsetAtPlace", () => {
  test.each([
    ["Rome in summer", "2008-07-22T16:28:39", 41.9, 12.5, 120],
    ["Rome in winter", "2008-12-22T16:28:39", 41.9, 12.5, 60],
    ["Kathmandu", "2020-01-01T12:00:00", 27.7, 85.3, 345],
    ["Denver", "2022-01-10T12:00:00", 39.7, -105, -420],
    ["Sydney in its summer", "2022-01-10T12:00:00", -33.9, 151.2, 660],
    ["the open Atlantic", "2022-01-10T12:00:00", 30, -45, -180],
    ["an hour before Berlin's clocks go forward", "2024-03-31T01:30:00", 52.5, 13.4, 60],
    ["an hour after they went forward", "2024-03-31T03:30:00", 52.5, 13.4, 120],
  ])("knows the rules of %s", (_name, local, latitude, longitude, minutes) => {
    expect(offsetAtPlace(local, latitude, longitude)).toBe(minutes);
  });

  it("agrees with the offset at the instant", () => {
    expect(offsetAtPlaceAndInstant(NOON_UTC, 37.77, -122.42)).toBe(-420);
  });
});
