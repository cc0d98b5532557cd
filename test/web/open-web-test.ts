import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openTestLibrary, type TestLibrary, type TestLibraryOptions } from "../api/open-test-library.ts";
import { openBrowser, type PageOffences, watchPage } from "./open-browser.ts";

/** A test library and a page of a real browser that shows it. */
export interface WebTest extends TestLibrary {
  readonly browser: Browser;
  readonly page: Page;
  /** What the page did that it must not, so far. */
  readonly offences: PageOffences;
  /** Goes to an address of the app, such as `/jobs`. */
  goto(path: string): Promise<void>;
}

/** Long enough for anything the tests wait for on a busy machine. */
const PATIENCE_MS = 30_000;

/** Draws and imports photos, serves them, and opens a browser; `device` is a desktop unless given. */
export async function openWebTest(
  options: TestLibraryOptions = {},
  device: BrowserContextOptions = { viewport: { width: 1280, height: 800 } },
): Promise<WebTest> {
  const test = await openTestLibrary(options);
  const browser = await openBrowser();
  const context = await browser.newContext({
    permissions: ["clipboard-read", "clipboard-write"],
    // What is kept for times without a server must not answer for it, unless a test is about that.
    serviceWorkers: "block",
    ...device,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  return {
    ...test,
    browser,
    page,
    offences: watchPage(page, test.url),
    goto: async (path) => void (await page.goto(test.url + path)),
    close: async () => {
      await browser.close();
      await test.close();
    },
  };
}

/** File names of the photos in the grid, in the order in which they are shown. */
export async function tilesOf(page: Page): Promise<string[]> {
  const labels = await page.locator(".tile-link").evaluateAll((links) =>
    links
      .map((link) => ({ label: link.getAttribute("aria-label")!, box: link.getBoundingClientRect() }))
      .toSorted((a, b) => a.box.y - b.box.y || a.box.x - b.box.x)
      .map(({ label }) => label),
  );
  return labels.map((label) => label.split(", ")[0]!);
}

/** What has the keyboard, as a screen reader would call it. */
export function focusOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
}
