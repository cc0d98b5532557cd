import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, drawWord } from "../api/open-test-library.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, tilesOf, type WebTest } from "./open-web-test.ts";

/** Newest first, as the timeline shows them: the last two have no date of their own but that of their files, today. */
async function drawFiles(): Promise<Record<string, Buffer>> {
  const photo = await drawPhoto("green", { takenAt: "2024:02:03 10:00:00" });
  return {
    "rome.jpg": await drawPhoto("blue", {
      takenAt: "2024:02:20 12:00:00",
      place: { latitude: 41.9, longitude: 12.5 },
      camera: "Box 1",
    }),
    "green.jpg": photo,
    "green-copy.jpg": Buffer.concat([photo, Buffer.from("again")]),
    "red.jpg": await drawPhoto("red", { takenAt: "2023:05:06 07:08:09" }),
    "exit.png": await drawWord("EXIT"),
    "broken.jpg": photo.subarray(0, 300),
  };
}

describe.skipIf(!hasBrowser())("the photo page of the web app", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest({ files: await drawFiles() });
  });

  afterAll(() => test?.close());

  const heading = (name: string) => test.page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
  const panel = () => test.page.getByRole("complementary", { name: "Information" });
  const openFromTimeline = async (name: string) => {
    await test.goto("/");
    await test.page.getByRole("link", { name: new RegExp(`^${name.replace(".", "\\.")}`) }).click();
    await heading(name);
  };
  const zoomOf = (page: Page) =>
    page
      .locator(".stage-photo")
      .evaluate((element) => new DOMMatrix(getComputedStyle(element).transform).a.toFixed(2));

  it("stands photos without a date at the day of their file, and says so", async () => {
    const { page } = test;
    await test.goto("/");
    await page.locator(".day-label", { hasText: "file date" }).waitFor();
    expect((await tilesOf(page)).slice(0, 2).toSorted()).toEqual(["broken.jpg", "exit.png"]);
    expect(await page.locator(".day-label", { hasText: "20 Feb" }).innerText()).not.toContain("file date");
    await openFromTimeline("exit.png");
    await panel().getByText("Date unknown").waitFor();
    await panel()
      .getByText(/its file is of/)
      .waitFor();
  });

  it("goes to the next and the previous photo by keys, and stops at the ends", async () => {
    const { page } = test;
    await openFromTimeline("rome.jpg");
    await page.getByRole("button", { name: "Next photo" }).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("heading", { name: /^green/, level: 1 }).waitFor();
    await page.getByRole("button", { name: "Next photo" }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await heading("rome.jpg");
    await openFromTimeline("red.jpg");
    await page.getByRole("button", { name: "Previous photo" }).waitFor();
    expect(await page.getByRole("button", { name: "Next photo" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.classList.contains("tile-link"));
    expect(await focusOf(page)).toContain("red.jpg");
  });

  it("tells what is known: date, place, camera, file", async () => {
    await openFromTimeline("rome.jpg");
    for (const words of [/20 February 2024/, /41\.90000° N, 12\.50000° E/, /Box 1/, /JPEG · 320 × 240/])
      await panel().getByText(words).first().waitFor();
    await panel().getByRole("link", { name: "Photos within 5 km" }).click();
    await test.page.getByRole("button", { name: /Change filter Near: 5 km/ }).waitFor();
    expect(await tilesOf(test.page)).toEqual(["rome.jpg"]);
  });

  it("shows the text in the photo and copies it", async () => {
    const { page } = test;
    await openFromTimeline("exit.png");
    await page.getByRole("button", { name: "Show text (t)" }).waitFor();
    await page.keyboard.press("t");
    await page.locator(".text-line", { hasText: "EXIT" }).waitFor();
    await panel().getByRole("button", { name: "Copy text" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("EXIT");
    await page.keyboard.press("t");
    await page.locator(".text-line").waitFor({ state: "detached" });
  });

  it("dims what has nothing to show", async () => {
    await openFromTimeline("red.jpg");
    const faces = test.page.getByRole("button", { name: "No faces found" });
    await faces.waitFor();
    expect(await faces.getAttribute("aria-pressed")).toBe("false");
  });

  it("zooms by keys, double click and wheel, and fits again", async () => {
    const { page } = test;
    await openFromTimeline("rome.jpg");
    await page.keyboard.press("+");
    await expect.poll(() => zoomOf(page)).toBe("1.50");
    await page.keyboard.press("0");
    await expect.poll(() => zoomOf(page)).toBe("1.00");
    const stage = page.locator(".stage");
    await stage.dblclick({ position: { x: 300, y: 400 } });
    await expect.poll(() => zoomOf(page)).toBe("2.50");
    await stage.dblclick({ position: { x: 300, y: 400 } });
    await expect.poll(() => zoomOf(page)).toBe("1.00");
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, -300);
    await expect.poll(async () => Number(await zoomOf(page))).toBeGreaterThan(1.5);
  });

  it("shows photos that look alike and opens them", async () => {
    await openFromTimeline("green.jpg");
    await test.page.getByRole("link", { name: /green-copy\.jpg, 100% similar/ }).click();
    await heading("green-copy.jpg");
  });

  it("says what each step found out, and runs them again", async () => {
    const { page } = test;
    await openFromTimeline("red.jpg");
    await page.locator(".steps summary").click();
    await page.getByText("Fingerprints · done").waitFor();
    await page.getByRole("button", { name: "Analyse again" }).click();
    await page.getByText("Queued to be analysed again").waitFor();
    await test.library.runner.whenIdle();
    await page.locator(".steps .status-badge", { hasText: "Complete" }).waitFor();
  });

  it("says why a photo cannot be shown", async () => {
    await openFromTimeline("broken.jpg");
    await test.page.getByText("This photo cannot be shown").waitFor();
    await test.page
      .locator(".stage-message")
      .getByText(/damaged|cut off/)
      .waitFor();
    await test.page.getByRole("button", { name: "Try again" }).first().waitFor();
  });

  it("asks before it hides a photo, keeps the keyboard in the question and gives it back", async () => {
    const { page } = test;
    await openFromTimeline("red.jpg");
    await page.getByRole("button", { name: "Hide from library" }).focus();
    await page.keyboard.press("Enter");
    const question = page.getByRole("dialog", { name: "Hide this photo?" });
    await question.waitFor();
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Tab");
      const isInside = await question.evaluate(
        (dialog) => dialog.contains(document.activeElement) || document.activeElement === document.body,
      );
      expect(isInside).toBe(true);
    }
    await question.getByRole("button", { name: "Cancel" }).click();
    await question.waitFor({ state: "detached" });
    await expect.poll(() => focusOf(page)).toBe("Hide from library");
    await page.keyboard.press("Delete");
    await question.getByRole("button", { name: "Hide from library" }).click();
    await page.getByText("1 photo hidden").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await tilesOf(page)).not.toContain("red.jpg");
  });

  it("says that a photo is not in the library", async () => {
    await test.goto("/photo/999999");
    await heading("This photo is not in the library");
    await test.page.getByRole("button", { name: "Back to photos" }).click();
    await test.page.locator(".tile-link").first().waitFor();
  });

  it("follows fingers: sideways to the next photo, downwards back to the grid", async () => {
    const context = await test.browser.newContext({
      viewport: { width: 390, height: 780 },
      hasTouch: true,
      isMobile: true,
    });
    const phone = await context.newPage();
    await phone.goto(test.url);
    await phone.getByRole("link", { name: /^rome\.jpg/ }).tap();
    await phone.locator(".stage-photo").waitFor();
    await phone.locator(".viewer-step.is-next").waitFor({ state: "attached" });
    const finger = await context.newCDPSession(phone);
    await swipe(finger, { x: 300, y: 400 }, { x: 80, y: 410 });
    await phone.getByRole("dialog", { name: /Photo green/ }).waitFor();
    await phone.locator(".viewer-step.is-previous").waitFor({ state: "attached" });
    await swipe(finger, { x: 80, y: 400 }, { x: 300, y: 410 });
    await phone.getByRole("dialog", { name: "Photo rome.jpg" }).waitFor();
    await swipe(finger, { x: 200, y: 300 }, { x: 205, y: 520 });
    await phone.getByRole("dialog").waitFor({ state: "detached" });
    await context.close();
  });

  it("asks no other server for anything and makes no error but for what is missing", () => {
    const unexpected = test.offences.errors.filter((error) => !error.includes("/photos/999999"));
    expect({ ...test.offences, errors: unexpected }).toEqual({ errors: [], foreignRequests: [] });
  });
});

interface Place {
  readonly x: number;
  readonly y: number;
}

async function swipe(finger: CDPSession, from: Place, to: Place): Promise<void> {
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [from] });
  for (const share of [0.3, 0.6, 1]) {
    const point = { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
    await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [point] });
  }
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}
