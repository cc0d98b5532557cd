/** The timeline: choosing photos, fingers, sizes, the keyboard alone, a slow and a broken network. */
import { readFile } from "node:fs/promises";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { hasBrowser } from "./open-browser.ts";
import { openWebTest, tilesOf, type WebTest } from "./open-web-test.ts";

const COLOURS = ["red", "green", "blue", "orange", "purple", "teal", "olive", "navy"];

/** Eight photos of three days, newest first: red and green; blue, orange and purple; teal, olive and navy. */
async function drawFiles(): Promise<Record<string, Buffer>> {
  const days = [
    "2024:03:03",
    "2024:03:03",
    "2024:03:02",
    "2024:03:02",
    "2024:03:02",
    "2023:01:01",
    "2023:01:01",
    "2023:01:01",
  ];
  const files: Record<string, Buffer> = {};
  for (const [i, colour] of COLOURS.entries())
    files[`${colour}.jpg`] = await drawPhoto(colour, { takenAt: `${days[i]} ${20 - i}:00:00` });
  return files;
}

describe.skipIf(!hasBrowser())("the timeline of the web app", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest({ files: await drawFiles() });
  });

  afterAll(() => test?.close());

  const tile = (name: string) =>
    test.page.locator(".tile", { has: test.page.getByRole("link", { name: new RegExp(`^${name}\\.jpg`) }) });
  const check = (name: string) => test.page.getByRole("checkbox", { name: `Select ${name}.jpg` });
  const chosen = async () => {
    const labels = await test.page
      .locator(".tile-check[aria-checked=true]")
      .evaluateAll((checks) => checks.map((element) => element.getAttribute("aria-label")!));
    return labels.map((label) => label.replace("Select ", "").replace(".jpg", ""));
  };
  const open = async () => {
    await test.goto("/");
    await test.page
      .locator(".thumb img.is-loaded")
      .nth(COLOURS.length - 1)
      .waitFor();
  };

  it("chooses one by its check mark, a range with Shift, and a whole day by its own", async () => {
    const { page } = test;
    await open();
    expect(await tilesOf(page)).toEqual(COLOURS.map((colour) => `${colour}.jpg`));
    await tile("green").hover();
    await check("green").click();
    await page.getByRole("toolbar", { name: "1 selected" }).waitFor();
    await tile("purple")
      .getByRole("link")
      .click({ modifiers: ["Shift"] });
    await page.getByRole("toolbar", { name: "4 selected" }).waitFor();
    expect(await chosen()).toEqual(["green", "blue", "orange", "purple"]);
    await page.getByRole("checkbox", { name: /^Select all of Sun,? 1 Jan$/ }).click();
    await page.getByRole("toolbar", { name: "7 selected" }).waitFor();
    // While something is chosen, a click chooses; it opens nothing.
    await tile("blue").getByRole("link").click();
    await page.getByRole("toolbar", { name: "6 selected" }).waitFor();
    expect(await page.locator(".viewer").count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.getByRole("toolbar").waitFor({ state: "detached" });
  });

  it("chooses by dragging from a check mark over others, and gives back what the drag leaves", async () => {
    const { page } = test;
    await open();
    const middleOf = async (name: string) => {
      const box = (await tile(name).boundingBox())!;
      return [box.x + box.width / 2, box.y + box.height / 2] as const;
    };
    await tile("red").hover();
    const box = (await check("red").boundingBox())!;
    await page.mouse.move(box.x + 15, box.y + 15);
    await page.mouse.down();
    await page.mouse.move(...(await middleOf("purple")), { steps: 4 });
    await page.getByRole("toolbar", { name: "5 selected" }).waitFor();
    await page.mouse.move(...(await middleOf("blue")), { steps: 4 });
    await page.getByRole("toolbar", { name: "3 selected" }).waitFor();
    await page.mouse.up();
    expect(await chosen()).toEqual(["red", "green", "blue"]);
    await page.keyboard.press("Escape");
  });

  it("is used by the keyboard alone: through the photos, choosing, and opening one", async () => {
    const { page } = test;
    await open();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Home");
    await page.keyboard.press("Space");
    await page.getByRole("toolbar", { name: "1 selected" }).waitFor();
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await page.getByRole("toolbar", { name: "3 selected" }).waitFor();
    expect(await chosen()).toEqual(["red", "green", "blue"]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "navy.jpg" }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("heading", { name: "olive.jpg" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".viewer").waitFor({ state: "detached" });
  });

  it("makes photos larger and smaller by keys and buttons, and remembers it", async () => {
    const { page } = test;
    await open();
    const height = async () => (await tile("blue").boundingBox())!.height;
    const usual = await height();
    await page.getByRole("button", { name: "Smaller photos" }).click();
    await expect.poll(height).toBeLessThan(usual);
    const small = await height();
    await page.reload();
    await page.locator(".tile-link").first().waitFor();
    expect(await height()).toBeCloseTo(small, 0);
    await page.keyboard.press("+");
    await expect.poll(height).toBeGreaterThan(small);
    await page.keyboard.press("0");
  });

  it("stands still while photos arrive over a slow network", async () => {
    const { page } = test;
    await page.route("**/api/v1/**", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await route.continue();
    });
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await open();
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    await page.unroute("**/api/v1/**");
    expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.1);
  });

  it("says that photos could not be fetched, and fetches them when asked again", async () => {
    const { page } = test;
    await page.route("**/timeline/2*", (route) => route.abort());
    await test.goto("/");
    await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
    await page.unroute("**/timeline/2*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page
      .locator(".thumb img.is-loaded")
      .nth(COLOURS.length - 1)
      .waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("hides the chosen photos at once, and brings them back when that is undone", async () => {
    const { page } = test;
    await open();
    await tile("teal").hover();
    await check("teal").click();
    await page.getByRole("button", { name: "Hide", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Hide", exact: true }).click();
    await page.getByText("1 photo hidden").waitFor();
    await tile("teal").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await tile("teal").waitFor();
    expect(await tilesOf(page)).toEqual(COLOURS.map((colour) => `${colour}.jpg`));
  });

  it("saves the originals of the chosen photos as one archive", async () => {
    const { page } = test;
    await open();
    await page.locator(".day-label", { hasText: "2 Mar" }).hover();
    await page.getByRole("checkbox", { name: /^Select all of Sat,? 2 Mar$/ }).click();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const download = await saved;
    await page.getByText(/Downloading 3 photos as one archive/).waitFor();
    expect(download.suggestedFilename()).toBe("keepsight-3-photos.zip");
    const archive = await readFile(await download.path());
    for (const name of ["blue.jpg", "orange.jpg", "purple.jpg"])
      expect(archive.includes(name), name).toBe(true);
    await page.keyboard.press("Escape");
  });

  it("chooses by a finger that rests, and offers everything in one row of the smallest phone", async () => {
    const context = await test.browser.newContext({
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
      serviceWorkers: "block",
    });
    const phone = await context.newPage();
    await phone.goto(test.url);
    const middleOf = async (name: string) => {
      const box = (await phone.getByRole("link", { name: new RegExp(`^${name}\\.jpg`) }).boundingBox())!;
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    await phone.locator(".thumb img.is-loaded").nth(4).waitFor();
    const finger = await context.newCDPSession(phone);
    await touch(finger, "touchStart", await middleOf("green"));
    await phone.getByRole("toolbar", { name: "1 selected" }).waitFor();
    await touch(finger, "touchMove", await middleOf("orange"));
    await phone.getByRole("toolbar", { name: "3 selected" }).waitFor();
    await touch(finger, "touchEnd");
    await phone.getByRole("link", { name: /^red\.jpg/ }).tap();
    await phone.getByRole("toolbar", { name: "4 selected" }).waitFor();
    expect(await phone.locator(".viewer").count()).toBe(0);
    const boxes = await phone.locator(".selection-actions button").evaluateAll((buttons) =>
      buttons.map((button) => {
        const { x, y, width, height, right } = button.getBoundingClientRect();
        const label = button.querySelector(".action-label")!;
        return { x, y, width, height, right, isCut: label.scrollWidth > label.clientWidth };
      }),
    );
    expect(boxes).toHaveLength(5);
    for (const box of boxes) {
      expect(box).toMatchObject({ y: boxes[0]!.y, isCut: false });
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.right).toBeLessThanOrEqual(360);
    }
    await phone.getByRole("button", { name: "Clear selection" }).tap();
    await phone.getByRole("toolbar").waitFor({ state: "detached" });
    await context.close();
  });

  it("follows fingers: sideways to the next photo, downwards back to the grid", async () => {
    const context = await test.browser.newContext({
      viewport: { width: 390, height: 780 },
      hasTouch: true,
      isMobile: true,
    });
    const phone = await context.newPage();
    await phone.goto(test.url);
    await phone.getByRole("link", { name: /^red\.jpg/ }).tap();
    await phone.locator(".stage-photo").waitFor();
    await phone.locator(".viewer-step.is-next").waitFor({ state: "attached" });
    const finger = await context.newCDPSession(phone);
    const shift = () =>
      phone
        .locator(".stage-photo")
        .evaluate((element) => Math.round(new DOMMatrix(getComputedStyle(element).transform).e));
    const still = await shift();
    await touch(finger, "touchStart", { x: 200, y: 400 });
    await touch(finger, "touchMove", { x: 160, y: 402 });
    await expect.poll(shift).toBe(still - 40);
    await touch(finger, "touchEnd");
    await expect.poll(shift).toBe(still);
    await phone.getByRole("dialog", { name: "Photo red.jpg" }).waitFor();
    await touch(finger, "touchStart", { x: 150, y: 400 }, { x: 250, y: 400 });
    await touch(finger, "touchMove", { x: 100, y: 400 }, { x: 300, y: 400 });
    await touch(finger, "touchEnd");
    await expect.poll(() => zoomOf(phone)).toBe("2.00");
    // Enlarged, a finger moves the photo and swipes nothing.
    await swipe(finger, { x: 300, y: 400 }, { x: 80, y: 410 });
    await touch(finger, "touchStart", { x: 100, y: 400 }, { x: 300, y: 400 });
    await touch(finger, "touchMove", { x: 170, y: 400 }, { x: 230, y: 400 });
    await touch(finger, "touchEnd");
    await expect.poll(() => zoomOf(phone)).toBe("1.00");
    await phone.getByRole("dialog", { name: "Photo red.jpg" }).waitFor();
    await swipe(finger, { x: 300, y: 400 }, { x: 80, y: 410 });
    await phone.getByRole("dialog", { name: "Photo green.jpg" }).waitFor();
    await phone.locator(".viewer-step.is-previous").waitFor({ state: "attached" });
    await swipe(finger, { x: 80, y: 400 }, { x: 300, y: 410 });
    await phone.getByRole("dialog", { name: "Photo red.jpg" }).waitFor();
    await swipe(finger, { x: 200, y: 300 }, { x: 205, y: 520 });
    await phone.getByRole("dialog").waitFor({ state: "detached" });
    await context.close();
  });

  it("asks no other server for anything", () => {
    expect(test.offences.foreignRequests).toEqual([]);
  });
});

interface Place {
  readonly x: number;
  readonly y: number;
}

async function touch(
  finger: CDPSession,
  type: "touchStart" | "touchMove" | "touchEnd",
  ...touchPoints: readonly Place[]
): Promise<void> {
  await finger.send("Input.dispatchTouchEvent", { type, touchPoints: [...touchPoints] });
}

async function swipe(finger: CDPSession, from: Place, to: Place): Promise<void> {
  await touch(finger, "touchStart", from);
  for (const share of [0.3, 0.6, 1])
    await touch(finger, "touchMove", {
      x: from.x + (to.x - from.x) * share,
      y: from.y + (to.y - from.y) * share,
    });
  await touch(finger, "touchEnd");
}

/** By how much the photo is enlarged. */
function zoomOf(page: Page): Promise<string> {
  return page
    .locator(".stage-photo")
    .evaluate((element) => new DOMMatrix(getComputedStyle(element).transform).a.toFixed(2));
}
