/** What every page owes to keyboards and screen readers, asked of the browser's own accessibility tree. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  focusRingOf,
  headingLevelsOf,
  namelessOf,
  seriousFindingsOf,
  shiftOf,
  watchShifts,
} from "./accessible-page.ts";
import { hasBrowser } from "./open-browser.ts";
import { openWebTest, type WebTest } from "./open-web-test.ts";

/** The pages (photo 1 cannot be shown), and something on each that is there once the page is drawn. */
const PAGES = [
  ["/", ".tile-link"],
  ["/search", ".search-start .chip"],
  ["/search?q=exit", ".tile-link"],
  ["/search?q=zyzzyva&camera=Box+1&mode=keyword", ".empty-state"],
  ["/photo/1", ".stage-message"],
  ["/photo/2", ".stage-photo"],
  ["/jobs", ".job"],
  ["/jobs?state=failed", ".job"],
  ["/models", ".model"],
  ["/stats", ".bars"],
  ["/people", ".empty-state"],
  ["/people/review", ".empty-state"],
  ["/people/clusters/none", ".empty-state"],
  ["/history", ".empty-line"],
  ["/albums", "main h1"],
  ["/map", "main h1"],
  ["/duplicates", "main h1"],
  ["/categories", "main h1"],
  ["/settings", "main h1"],
  ["/tools", "main h1"],
  ["/nowhere", ".empty-state"],
] as const;

/** What is counted as steady by those who measure pages is 0.1; ours has to be half of that. */
const MAX_SHIFT = 0.05;

describe.skipIf(!hasBrowser())("every page of the web app", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest();
    await watchShifts(test.page);
  });

  afterAll(() => test?.close());

  describe.each(PAGES)("%s", (path, landmark) => {
    it("names every control and every picture that is not decoration", async () => {
      await test.goto(path);
      await test.page.locator(landmark).first().waitFor();
      expect(await namelessOf(test.page)).toEqual([]);
    });

    it("has headings in order, from one first of its own", async () => {
      const levels = await headingLevelsOf(test.page);
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      expect(levels[0]).toBe(1);
      for (let i = 1; i < levels.length; i++) expect(levels[i]! - levels[i - 1]!).toBeLessThanOrEqual(1);
    });

    it("shows where the keyboard is, at each stop", async () => {
      await test.goto(path);
      await test.page.locator(landmark).first().waitFor();
      const unseen: string[] = [];
      for (let i = 0; i < 12; i++) {
        await test.page.keyboard.press("Tab");
        const stop = await focusRingOf(test.page);
        if (!stop.isSeen) unseen.push(stop.name);
      }
      expect(unseen).toEqual([]);
    });

    // Colours do not depend on the width: each of both is asked for once.
    it("has no serious finding and does not move, dark on a phone, light on a desktop", async () => {
      const { page } = test;
      const findings: string[] = [];
      for (const [width, height, colorScheme] of [
        [390, 844, "dark"],
        [1280, 800, "light"],
      ] as const) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await test.goto(path);
        await page.locator(landmark).first().waitFor();
        const found = await seriousFindingsOf(page);
        findings.push(...found.map((finding) => `${width} ${colorScheme} ${finding}`));
        // By now all of the page is there.
        const shift = await shiftOf(page);
        if (shift > MAX_SHIFT) findings.push(`${width} moved by ${shift.toFixed(3)}`);
      }
      await page.emulateMedia({ colorScheme: null, reducedMotion: null });
      expect(findings).toEqual([]);
    });

    it("is no wider than a small screen, in either direction of writing, nor than a wide one", async () => {
      await test.page.setViewportSize({ width: 320, height: 700 });
      await test.goto(path);
      await test.page.locator(landmark).first().waitFor();
      expect(await excessOf(test)).toBeLessThanOrEqual(0);
      await test.page.setViewportSize({ width: 360, height: 780 });
      await test.page.evaluate(() => (document.documentElement.dir = "rtl"));
      expect(await excessOf(test)).toBeLessThanOrEqual(0);
      await test.page.evaluate(() => (document.documentElement.dir = "ltr"));
      await test.page.setViewportSize({ width: 1280, height: 800 });
      expect(await excessOf(test)).toBeLessThanOrEqual(0);
    });
  });

  it("asked no other origin for anything", () => {
    expect(test.offences.foreignRequests).toEqual([]);
  });
});

/** By how many pixels the page is wider than its window, once it was laid out. */
function excessOf({ page }: WebTest): Promise<number> {
  return page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return document.documentElement.scrollWidth - innerWidth;
  });
}
