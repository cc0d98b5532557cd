import { describe, expect, it, test } from "vitest";
import {
  formatBytes,
  formatDate,
  formatDay,
  formatDuration,
  formatExposure,
  formatLongDuration,
  formatMonth,
  formatOffset,
  formatPlace,
  formatRate,
  formatShortDate,
  formatTime,
} from "./format.ts";

describe("formatBytes", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [3_421_000, "3.4 MB"],
    [999_700, "1 MB"],
    [155_123, "155 kB"],
    [2.5e12, "2.5 TB"],
  ])("%d is %s", (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });
});

describe("dates", () => {
  it("are those of the photo's place, in whatever zone the viewer is", () => {
    // Whether a comma follows the weekday depends on the ICU data of the runtime.
    expect(formatDate("2025-06-14T23:59:00")).toMatch(/^Saturday,? 14 June 2025$/);
    expect(formatTime("2025-06-14T23:59:00")).toBe("23:59");
    expect(formatDay("2025-06-14")).toMatch(/^Sat,? 14 Jun$/);
    expect(formatShortDate("2025-01-01T00:00:00")).toBe("1 Jan 2025");
    expect(formatMonth("2025-06")).toBe("June 2025");
  });
});

describe("formatOffset", () => {
  test.each([
    [120, "2 hours ahead of UTC (+02:00)"],
    [-300, "5 hours behind UTC (−05:00)"],
    [60, "1 hour ahead of UTC (+01:00)"],
    [345, "5.75 hours ahead of UTC (+05:45)"],
    [-210, "3.5 hours behind UTC (−03:30)"],
    [0, "UTC"],
    [null, "time zone unknown"],
  ])("%s minutes: %s", (minutes, words) => {
    expect(formatOffset(minutes)).toBe(words);
  });
});

describe("formatDuration", () => {
  test.each([
    [0.2, "1 s"],
    [42, "42 s"],
    [780, "13 min"],
    [5400, "1.5 h"],
    [200_000, "2 days"],
  ])("%d seconds: %s", (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });
});

describe("formatRate", () => {
  it("counts minutes when seconds would show nothing", () => {
    expect(formatRate(3.42)).toBe("3.4/s");
    expect(formatRate(0.1)).toBe("6/min");
  });
});

describe("formatExposure", () => {
  test.each([
    [1 / 250, "1/250 s"],
    [0.5, "0.5 s"],
    [30, "30 s"],
  ])("%d", (seconds, words) => {
    expect(formatExposure(seconds)).toBe(words);
  });
});

describe("formatPlace", () => {
  it("names the hemispheres", () => {
    expect(formatPlace(41.89021, 12.49223)).toBe("41.89021° N, 12.49223° E");
    expect(formatPlace(-33.8568, -70.5)).toBe("33.85680° S, 70.50000° W");
  });
});

describe("formatLongDuration", () => {
  test.each([
    [20, "less than a minute"],
    [60, "about 1 minute"],
    [25.4 * 60, "about 25 minutes"],
    [3.1 * 3600, "about 3 hours"],
    [3.6 * 3600, "about 3.5 hours"],
    [20.2 * 3600, "about 20 hours"],
    [50 * 3600, "about 2 days"],
  ])("%s s is “%s”", (seconds, words) => {
    expect(formatLongDuration(seconds)).toBe(words);
  });
});
