/** What every page owes to keyboards and screen readers, asked of the browser's own accessibility tree. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { focusRingOf, headingLevelsOf, namelessOf, seriousFindingsOf } from "./accessible-page.ts";
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

describe.skipIf(!hasBrowser())("every page of the web app", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest();
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

    it("has no serious finding, light and dark, on a desktop and on a phone", async () => {
      const { page } = test;
      const findings: string[] = [];
      for (const [width, height] of [
        [390, 844],
        [1280, 800],
      ] as const) {
        await page.setViewportSize({ width, height });
        await test.goto(path);
        await page.locator(landmark).first().waitFor();
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const found = await seriousFindingsOf(page);
          findings.push(...found.map((finding) => `${width} ${colorScheme} ${finding}`));
        }
      }
      await page.emulateMedia({ colorScheme: null, reducedMotion: null });
      expect(findings).toEqual([]);
    });

    it.each([320, 1280])("is no wider than a screen of %i pixels", async (width) => {
      await test.page.setViewportSize({ width, height: 700 });
      await test.goto(path);
      await test.page.locator(landmark).first().waitFor();
      const excess = await test.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await test.page.setViewportSize({ width: 1280, height: 800 });
      expect(excess).toBeLessThanOrEqual(0);
    });
  });

  it("asked no other origin for anything", () => {
    expect(test.offences.foreignRequests).toEqual([]);
  });
});
