import type { Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SearchResult } from "../../src/api/search.ts";
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
    "exit.png": await drawTwice("EXIT"),
    "broken.jpg": photo.subarray(0, 300),
  };
}

/** A picture of two lines, each of the same word. */
async function drawTwice(word: string): Promise<Buffer> {
  const line = await drawWord(word);
  const { height } = await sharp(line).metadata();
  return sharp(line)
    .extend({ bottom: height, background: "white" })
    .composite([{ input: line, left: 0, top: height }])
    .png()
    .toBuffer();
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
  const findNames = async (query: string) => {
    const answer = await fetch(`${test.url}/api/v1/search?${query}`);
    return SearchResult.parse(await answer.json()).items.map(({ photo }) => photo.fileName);
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
    await page.locator(".text-line", { hasText: "EXIT" }).nth(1).waitFor();
    await panel().getByRole("button", { name: "Copy text" }).click();
    await page.getByText("Copied").waitFor();
    expect(await readClipboard(page)).toBe("EXIT\nEXIT");
    await page.keyboard.press("t");
    await page.locator(".text-line").first().waitFor({ state: "detached" });
  });

  it("lets the text be selected where it stands, and copies it line by line", async () => {
    const { page } = test;
    await openFromTimeline("exit.png");
    await page.keyboard.press("t");
    const first = (await page.locator(".text-line").first().boundingBox())!;
    const second = (await page.locator(".text-line").nth(1).boundingBox())!;
    await page.mouse.move(first.x + 2, first.y + first.height / 2);
    await page.mouse.down();
    await page.mouse.move(second.x + second.width - 2, second.y + second.height / 2, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.press("Control+c");
    expect((await readClipboard(page)).trim()).toBe("EXIT\nEXIT");
    await page.mouse.dblclick(second.x + second.width / 2, second.y + second.height / 2);
    await page.keyboard.press("Control+c");
    expect((await readClipboard(page)).trim()).toBe("EXIT");
    expect(await zoomOf(page)).toBe("1.00");
    // All of it is all of the text in the photo, not of the page.
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    expect((await readClipboard(page)).trim()).toBe("EXIT\nEXIT");
    await page.keyboard.press("t");
  });

  it("takes a caption, stars and tags, which are found at once and can be taken back", async () => {
    const { page } = test;
    await openFromTimeline("rome.jpg");
    await panel().getByRole("button", { name: "Add a caption" }).click();
    await page.getByLabel("Title").fill("Evening by the river");
    await page.getByLabel("Caption", { exact: true }).fill("Lanterns <b>over</b> the bridge");
    await page.keyboard.press("Control+Enter");
    await heading("Evening by the river");
    await panel().getByText("Lanterns <b>over</b> the bridge").waitFor();
    await expect.poll(() => focusOf(page)).toBe("Edit caption");
    await panel().getByRole("button", { name: "4 stars" }).click();
    await panel().getByRole("button", { name: "4 stars", pressed: true }).waitFor();
    await panel()
      .getByRole("button", { name: /^(Add|Edit) tags$/ })
      .click();
    await panel().getByRole("combobox", { name: "Tag", exact: true }).fill("zeppelin");
    await page.keyboard.press("Enter");
    await panel()
      .getByRole("button", { name: /Take .zeppelin. off/ })
      .waitFor();
    await panel().getByRole("combobox", { name: "Put into a category…" }).selectOption("beach");
    await panel()
      .getByRole("button", { name: /Take .beach. off/ })
      .waitFor();
    await page.keyboard.press("Escape");
    await panel().getByRole("link", { name: "landscape" }).waitFor();
    for (const query of [
      "q=lanterns&mode=keyword",
      "q=river+rating:4&mode=keyword",
      "tag=zeppelin",
      "category=landscape",
    ])
      expect(await findNames(query), query).toEqual(["rome.jpg"]);
    await test.goto("/history");
    const entry = page.getByRole("listitem").filter({
      hasText: "Changed 1 photo: title “Evening by the river”, caption “Lanterns <b>over</b> the bridge”",
    });
    await entry.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back").first().waitFor();
    await openFromTimeline("rome.jpg");
    await panel().getByRole("button", { name: "4 stars", pressed: true }).waitFor();
  });

  it("keeps what was typed as a caption when it cannot be saved", async () => {
    const { page } = test;
    await openFromTimeline("red.jpg");
    await panel().getByRole("button", { name: "Add a caption" }).click();
    await page.getByLabel("Title").fill("Not lost");
    await page.route("**/photos/bulk", (route) => route.abort());
    await panel().getByRole("button", { name: "Save" }).click();
    await page.getByText("Keepsight cannot be reached.").first().waitFor();
    expect(await page.getByLabel("Title").inputValue()).toBe("Not lost");
    await page.unroute("**/photos/bulk");
    // The first Escape leaves the field, not the photo.
    await page.keyboard.press("Escape");
    await heading("red.jpg");
  });

  it("does by keys what the help says", async () => {
    const { page } = test;
    const tried: string[] = [];
    const press = async (key: string, shown = key) => {
      tried.push(shown);
      await page.keyboard.press(key);
    };
    const isPressed = (name: string | RegExp) => page.getByRole("button", { name, pressed: true }).waitFor();
    await openFromTimeline("rome.jpg");
    await page.getByRole("button", { name: "Next photo" }).waitFor();
    await press("ArrowRight", "→");
    await page.getByRole("button", { name: "Previous photo" }).waitFor();
    await press("ArrowLeft", "←");
    await heading("rome.jpg");
    await press("i");
    await panel().waitFor({ state: "detached" });
    await page.keyboard.press("i");
    for (const [key, name] of Object.entries({ f: /faces/i, o: /objects/i, t: /text/i })) {
      await press(key);
      await isPressed(name);
      await page.keyboard.press(key);
    }
    for (const [key, frame] of Object.entries({
      n: "Frame around the face",
      s: "Frame around what is looked for",
    })) {
      await press(key);
      await page.getByRole("group", { name: frame }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("group", { name: frame }).waitFor({ state: "detached" });
    }
    await press("+");
    await expect.poll(() => zoomOf(page)).toBe("1.50");
    await press("-", "−");
    await expect.poll(() => zoomOf(page)).toBe("1.00");
    await press("0");
    await press("l");
    await isPressed("Favourite (l)");
    await press("5");
    await isPressed("5 stars");
    await page.keyboard.press("5");
    await page.getByRole("button", { name: "5 stars", pressed: false }).waitFor();
    // Those between; all of the text is tried where there is some.
    tried.push("1", "…", "Ctrl A");
    const saved = page.waitForEvent("download");
    await press("d");
    expect((await saved).suggestedFilename()).toBe("rome.jpg");
    await press("Delete", "Del");
    await page
      .getByRole("dialog", { name: "Hide this photo?" })
      .getByRole("button", { name: "Cancel" })
      .click();
    await press("m");
    await page.waitForURL(/\/search\?like=/);
    await page.keyboard.press("?");
    const listed = await page
      .locator(".help-groups section", { hasText: "On a photo" })
      .locator("kbd")
      .allTextContents();
    expect(tried.toSorted()).toEqual(listed.toSorted());
    await page.keyboard.press("Escape");
  });

  it("goes through the photos that were found, and back to them", async () => {
    const { page } = test;
    await test.goto("/search?q=green&mode=keyword");
    await page.locator(".tile-link").nth(1).waitFor();
    const [first = "", second = ""] = await tilesOf(page);
    await page.getByRole("link", { name: new RegExp(`^${first.replace(".", "\\.")}`) }).click();
    await heading(first);
    await page.getByRole("button", { name: "Next photo" }).click();
    await heading(second);
    await page.getByRole("button", { name: "Previous photo" }).waitFor();
    expect(await page.getByRole("button", { name: "Next photo" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.classList.contains("tile-link"));
    expect(await focusOf(page)).toContain(second);
    expect(new URL(page.url()).search).toBe("?q=green&mode=keyword");
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

  it("asks no other server for anything and makes no error but for what is missing or was cut off", () => {
    const unexpected = test.offences.errors.filter((error) => !/\/photos\/(999999|bulk)/.test(error));
    expect({ ...test.offences, errors: unexpected }).toEqual({ errors: [], foreignRequests: [] });
  });
});

function readClipboard(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}
