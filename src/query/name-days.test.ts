import { describe, expect, test } from "vitest";
import { nameDays } from "./name-days.ts";

describe("nameDays", () => {
  test.each([
    ["2005-01-01", "2005-12-31", "2005"],
    ["2005-01-01", "2007-12-31", "2005 – 2007"],
    ["2005-03-01", "2005-03-31", "March 2005"],
    ["2004-02-01", "2004-02-29", "February 2004"],
    ["2005-12-01", "2006-02-28", "December 2005 – February 2006"],
    ["2005-07-14", "2005-07-14", "14 Jul 2005"],
    ["2005-03-01", "2005-03-30", "1 Mar 2005 – 30 Mar 2005"],
  ])("%s to %s is “%s”", (from, to, words) => {
    expect(nameDays({ from, to })).toBe(words);
  });
});
