import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseDateTime, parseOffset, toLocal, wallClockMs, withFraction } from "./date-time.ts";

describe("parseDateTime", () => {
  test.each([
    ["2023:10:05 18:04:59", { local: "2023-10-05T18:04:59" }],
    ["2023-10-05T18:04:59", { local: "2023-10-05T18:04:59" }],
    ["2023-10-05T18:04", { local: "2023-10-05T18:04:00" }],
    ["2023-10-05T18:04:59.31", { local: "2023-10-05T18:04:59.310" }],
    ["2023-10-05T18:04:59.123456Z", { local: "2023-10-05T18:04:59.123", offsetMinutes: 0 }],
    ["2023:10:05 18:04:59+05:30", { local: "2023-10-05T18:04:59", offsetMinutes: 330 }],
    ["2023-10-05T18:04:59-0800", { local: "2023-10-05T18:04:59", offsetMinutes: -480 }],
    ["2024:02:29 00:00:00", { local: "2024-02-29T00:00:00" }],
    ["1859:06:01 12:00:00", { local: "1859-06-01T12:00:00" }],
  ])("reads %s", (text, expected) => {
    expect(parseDateTime(text)).toEqual(expected);
  });

  test.each([
    "0000:00:00 00:00:00",
    "    :  :     :  :  ",
    "1900:01:01 00:00:00",
    "1904:01:01 00:00:00",
    "1970:01:01 00:00:00",
    "1825:12:31 23:59:59",
    "2023:02:29 12:00:00",
    "2023:13:01 12:00:00",
    "2023:10:05 25:00:00",
    "2023:10:05 12:60:00",
    "2023:10:05",
    "2023",
    "yesterday",
    "",
    undefined,
  ])("takes %s for no date", (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });

  it("ignores an offset that no place has", () => {
    expect(parseDateTime("2023-10-05T18:04:59+19:00")).toEqual({ local: "2023-10-05T18:04:59" });
  });

  it("never throws, and what it accepts is a real time", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{4}:[0-9]{2}:[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$/)),
        (text) => {
          const time = parseDateTime(text);
          if (time !== undefined) expect(Number.isNaN(wallClockMs(time.local))).toBe(false);
        },
      ),
    );
  });
});

describe("parseOffset", () => {
  test.each([
    ["Z", 0],
    ["+00:00", 0],
    ["-00:00", 0],
    ["+14:00", 840],
    [" -03:30 ", -210],
    ["+15:00", undefined],
    ["+05:75", undefined],
    ["5", undefined],
    ["   :  ", undefined],
    [undefined, undefined],
  ])("reads %s as %s minutes", (text, minutes) => {
    expect(parseOffset(text)).toBe(minutes);
  });
});

describe("withFraction", () => {
  test.each([
    ["5", "2023-10-05T18:04:59.500"],
    ["07", "2023-10-05T18:04:59.070"],
    ["123456", "2023-10-05T18:04:59.123"],
    ["x", "2023-10-05T18:04:59"],
    [undefined, "2023-10-05T18:04:59"],
  ])("adds the digits %s", (digits, expected) => {
    expect(withFraction("2023-10-05T18:04:59", digits)).toBe(expected);
  });
});

describe("toLocal", () => {
  it("gives the wall clock at an offset", () => {
    expect(toLocal(Date.parse("2023-12-31T23:30:00Z"), 60)).toBe("2024-01-01T00:30:00");
    expect(toLocal(Date.parse("2023-12-31T23:30:00.250Z"), -60)).toBe("2023-12-31T22:30:00.250");
  });
});
