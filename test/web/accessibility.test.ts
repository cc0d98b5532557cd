/** What every page owes to keyboards and screen readers, asked of the browser's own accessibility tree. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

    it.each([320, 1280])("is no wider than a screen of %i pixels", async (width) => {
      await test.page.setViewportSize({ width, height: 700 });
      await test.goto(path);
      await test.page.locator(landmark).first().waitFor();
      const excess = await test.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await test.page.setViewportSize({ width: 1280, height: 800 });
      expect(excess).toBeLessThanOrEqual(0);
    });
  });
});

/** Markup of the controls without a name, and of pictures without an alternative. */
async function namelessOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const controls = new Set([
    "button",
    "link",
    "textbox",
    "combobox",
    "checkbox",
    "radio",
    "slider",
    "dialog",
    "image",
    "progressbar",
  ]);
  return nodes
    .filter((node) => !node.ignored && controls.has(String(node.role?.value)))
    .filter((node) => String(node.name?.value ?? "").trim() === "")
    .map((node) => String(node.role?.value));
}

/** Levels of the headings that a screen reader meets, in order. */
function headingLevelsOf(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("h1, h2, h3, h4")]
      .filter((heading) => heading.checkVisibility() && heading.closest("[inert]") === null)
      .map((heading) => Number(heading.tagName.slice(1))),
  );
}

/** Whether what has the keyboard is drawn differently for it: an outline, a shadow, or a border. */
function focusRingOf(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { name: "", isSeen: true };
    // The switch's input is hidden; the part of it that is seen is around it.
    const isHidden = element.classList.contains("visually-hidden");
    const style = getComputedStyle(isHidden ? element.parentElement! : element);
    const hasOutline = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
    return { name: element.outerHTML.slice(0, 120), isSeen: hasOutline || style.boxShadow !== "none" };
  });
}
