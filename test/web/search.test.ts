import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, drawWord } from "../api/open-test-library.ts";
import { writeClipTowers } from "../onnx-towers.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, tilesOf, type WebTest } from "./open-web-test.ts";

/** Enough photos that their list is longer than the screen. */
const GREYS = 24;

async function drawFiles(): Promise<Record<string, Buffer>> {
  const greys = await Promise.all(
    Array.from({ length: GREYS }, async (_, index) => {
      const level = 60 + index * 5;
      const day = String(index + 1).padStart(2, "0");
      const photo = await drawPhoto(`rgb(${level},${level},${level})`, {
        takenAt: `2022:01:${day} 12:00:00`,
        camera: "Pinhole 7",
      });
      return [`grey-${day}.jpg`, photo] as const;
    }),
  );
  return {
    ...Object.fromEntries(greys),
    "exit.png": await drawWord("EXIT"),
    "red.jpg": await drawPhoto("red", { takenAt: "2023:05:06 07:08:09", camera: "Box 1" }),
    "green.jpg": await drawPhoto("green", { takenAt: "2024:02:03 10:00:00", camera: "Box 1" }),
    "rome.jpg": await drawPhoto("blue", {
      takenAt: "2024:02:20 12:00:00",
      place: { latitude: 41.9, longitude: 12.5 },
    }),
  };
}

describe.skipIf(!hasBrowser())("searching in the web app", () => {
  let test: WebTest;
  let models: string;

  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), "keepsight-towers-"));
    writeClipTowers(models);
    test = await openWebTest(
      { settings: { KEEPSIGHT_MODELS_DIR: models }, files: await drawFiles() },
      { viewport: { width: 1000, height: 560 } },
    );
  });

  afterAll(async () => {
    await test?.close();
    await rm(models, { recursive: true, force: true });
  });

  const address = () => new URL(test.page.url()).search;
  const count = (text: string) =>
    test.page.locator(".results-count").getByText(text, { exact: true }).waitFor();

  it("adds a filter from the menu, and says so in the address", async () => {
    const { page } = test;
    await test.goto("/search");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    await page.getByRole("button", { name: /^Box 1/ }).click();
    await count("2 photos");
    expect(address()).toBe("?camera=Box+1");
    expect(await tilesOf(page)).toEqual(["green.jpg", "red.jpg"]);
    expect(await focusOf(page)).toBe("Filter");
  });

  it("narrows with a second filter, changes it, and removes it", async () => {
    const { page } = test;
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("button", { name: "Date", exact: true }).click();
    await page.getByLabel("From").fill("2024");
    await page.getByLabel("From").press("Enter");
    await count("1 photo");
    await page.getByRole("button", { name: "Change filter Date: since 2024" }).click();
    await page.getByLabel("From").fill("2023-05");
    await page.getByLabel("Until").fill("2023");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("button", { name: "Change filter Date: May 2023 – 2023" }).waitFor();
    await page.getByRole("link", { name: /red\.jpg/ }).waitFor();
    expect(address()).toBe("?from=2023-05&to=2023&camera=Box+1");
    await page.getByRole("button", { name: "Remove filter Camera: Box 1" }).click();
    await count("1 photo");
    expect(address()).toBe("?from=2023-05&to=2023");
  });

  it("goes back through the filters with the browser's own button, and forward again", async () => {
    const { page } = test;
    await page.goBack();
    await page.getByRole("button", { name: "Change filter Camera: Box 1" }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Change filter Date: since 2024" }).waitFor();
    await count("1 photo");
    expect(await tilesOf(page)).toEqual(["green.jpg"]);
    await page.goForward();
    await page.getByRole("button", { name: "Change filter Date: May 2023 – 2023" }).waitFor();
  });

  it("turns a list round", async () => {
    const { page } = test;
    await test.goto("/search?camera=Box+1");
    await page.getByLabel("Order").selectOption("oldest");
    await page.waitForURL(/sort=oldest/);
    await count("2 photos");
    expect(await tilesOf(page)).toEqual(["red.jpg", "green.jpg"]);
  });

  it("finds photos by their meaning, the best first, and says why", async () => {
    const { page } = test;
    await test.goto("/search?q=red");
    await page.getByText("Meaning", { exact: true }).click();
    await page.waitForURL(/mode=semantic/);
    await page.getByRole("link", { name: /red\.jpg/ }).waitFor();
    expect((await tilesOf(page))[0]).toBe("red.jpg");
    await page.locator(".hit-caption").getByText("meaning").first().waitFor();
    expect(await page.locator(".search-notice").count()).toBe(0);
  });

  it("searches words alone when asked to, and offers everything when that finds nothing", async () => {
    const { page } = test;
    await test.goto("/search?q=blue&mode=keyword");
    await page.getByText("Nothing found for “blue”").waitFor();
    await page.getByRole("button", { name: "Look for it in everything" }).click();
    await page.getByRole("link", { name: /rome\.jpg/ }).waitFor();
    expect(address()).toBe("?q=blue");
  });

  it("completes what is typed", async () => {
    const { page } = test;
    await test.goto("/");
    await page.getByRole("combobox", { name: "Search photos" }).fill("Pinh");
    await page.getByRole("option", { name: /Pinhole 7/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await count(`${GREYS} photos`);
    expect(address()).toBe("?camera=Pinhole+7");
  });

  it("returns to the place in the list that a photo was opened from", async () => {
    const { page } = test;
    await test.goto("/search?camera=Pinhole+7");
    await count(`${GREYS} photos`);
    await page.evaluate(() => scrollTo(0, 600));
    await page.waitForTimeout(200);
    const before = await page.evaluate(() => scrollY);
    expect(before).toBeGreaterThan(300);
    // A press in the middle of the screen: asked for by its name, a photo would be scrolled to.
    await page.mouse.click(500, 300);
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.evaluate(() => scrollY)).toBe(before);
    // Also from another page altogether.
    await page.getByRole("link", { name: "Albums" }).first().click();
    await page.getByRole("heading", { name: "Albums", level: 1 }).waitFor();
    await page.goBack();
    await page.waitForFunction((y) => Math.abs(scrollY - y) < 2, before);
  });

  it("leads from the start to an opened photo and back by the keyboard alone", async () => {
    const { page } = test;
    await test.goto("/");
    await page.locator(".tile-link").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("exit");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /exit\.png/ }).waitFor();
    await page.keyboard.press("ArrowRight");
    expect(await focusOf(page)).toContain("exit.png");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "exit.png" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.classList.contains("tile-link"));
    expect(await focusOf(page)).toContain("exit.png");
  });

  it("opens and closes a filter's form by the keyboard, which stays where it was", async () => {
    const { page } = test;
    await test.goto("/search?camera=Box+1");
    await page.getByRole("button", { name: "Filter", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focusOf(page)).toBe("Category");
    await page.keyboard.press("Escape");
    expect(await focusOf(page)).toBe("Filter");
    await page.getByRole("button", { name: "Remove filter Camera: Box 1" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What are you looking for?" }).waitFor();
    expect(await focusOf(page)).toBe("Filter");
  });

  it("keeps its tools on a phone's screen, however many filters there are", async () => {
    const { page } = test;
    await page.setViewportSize({ width: 390, height: 780 });
    await test.goto("/search?camera=Pinhole+7&from=2020&to=2030&hasFaces=false&hasText=false&hasGps=false");
    await count(`${GREYS} photos`);
    for (const name of ["Everything", "Words", "Meaning"]) {
      const box = await page.locator(".segment", { hasText: name }).boundingBox();
      expect(box!.x + box!.width).toBeLessThanOrEqual(390);
    }
    const chips = await page.locator(".filter-bar").boundingBox();
    expect(chips!.height).toBeLessThan(60);
    // The form of a filter far along the line opens over the whole width below.
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    const menu = await page.locator(".popover").boundingBox();
    expect(menu!.x).toBe(0);
    expect(menu!.width).toBeGreaterThan(370);
    await page.getByRole("button", { name: "Category", exact: true }).waitFor();
    await page.setViewportSize({ width: 1000, height: 560 });
  });

  it("asks no other server for anything and makes no error", () => {
    expect(test.offences).toEqual({ errors: [], foreignRequests: [] });
  });
});
