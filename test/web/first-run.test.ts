import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLibrary } from "../../src/app/open-library.ts";
import { serveLibrary } from "../../src/app/serve-library.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/core/logger.ts";
import type { Library } from "../../src/engine/library.ts";
import { drawPhoto, drawWord } from "../api/open-test-library.ts";
import { seriousFindingsOf } from "./accessible-page.ts";
import { hasBrowser, openBrowser, type PageOffences, watchPage } from "./open-browser.ts";

/** Long enough for a few photos on a busy machine. */
const PATIENCE = { timeout: 45_000 };

describe.skipIf(!hasBrowser())("the web app on an empty library", () => {
  let root: string;
  let library: Library;
  let server: Awaited<ReturnType<typeof serveLibrary>>;
  let browser: Browser;
  let page: Page;
  let offences: PageOffences;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "keepsight-web-"));
    await mkdir(join(root, "photos"));
    const files = {
      "exit.png": await drawWord("EXIT"),
      "red.jpg": await drawPhoto("red", { takenAt: "2023:05:06 07:08:09", camera: "Box 1" }),
      "<img src=x onerror=alert(1)> مرحبا 🎉.jpg": await drawPhoto("green", {
        takenAt: "2023:05:07 07:08:09",
      }),
      "broken.jpg": (await drawPhoto("gray")).subarray(0, 300),
    };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(root, "photos", name), bytes);
    const config = readConfig({
      KEEPSIGHT_DATA_DIR: join(root, "data"),
      KEEPSIGHT_PORT: "0",
      KEEPSIGHT_ANALYSERS: "1",
    });
    const logger = createLogger("silent");
    library = await openLibrary(config, logger, "owning");
    server = await serveLibrary(config, logger, library, "0.0.0-test");
    await library.start({ folders: [], isWatching: true });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    offences = watchPage(page, server.url);
    await page.goto(server.url);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await library?.close();
    await rm(root, { recursive: true, force: true });
  });

  it("leads from a folder that was browsed to, past how long it will take, to its photos", async () => {
    await page.getByText(/What it sees in photos/).waitFor(PATIENCE);
    await page.getByText(/processor cores? · .* of memory/).waitFor(PATIENCE);
    expect(await seriousFindingsOf(page)).toEqual([]);
    const path = page.getByLabel("Path of a folder on the machine that runs Keepsight");
    await path.fill(root);
    await page.getByRole("button", { name: "Browse…" }).click();
    await page.getByRole("button", { name: "Open the folder photos" }).click();
    expect(await path.inputValue()).toBe(join(root, "photos"));
    await page.getByText(/^4 photos \(.*\): less than a minute on this machine/).waitFor(PATIENCE);
    await page.getByRole("button", { name: "Add folder" }).click();
    await page.getByRole("heading", { name: /May 2023/ }).waitFor(PATIENCE);
    await page.getByRole("link", { name: /red\.jpg/ }).waitFor(PATIENCE);
  });

  it("says why a folder cannot be added", async () => {
    const other = await browser.newPage();
    await other.goto(`${server.url}/stats`);
    const answer = await other.request.post(`${server.url}/api/v1/ingest/directory`, {
      data: { path: "/no/such/folder" },
    });
    expect(answer.status()).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toContain("/no/such/folder does not exist");
    await other.close();
  });

  it("finds a photo by the word it shows and says so", async () => {
    await library.runner.whenIdle();
    await page.keyboard.press("/");
    await page.keyboard.type("exit");
    await page.keyboard.press("Enter");
    const hit = page.getByRole("link", { name: /exit\.png/ });
    await hit.waitFor(PATIENCE);
    await page.getByText("text: EXIT").first().waitFor(PATIENCE);
    await hit.click();
    await page.getByRole("button", { name: "Copy text" }).waitFor(PATIENCE);
    await page.keyboard.press("Escape");
    await hit.waitFor(PATIENCE);
  });

  it("says plainly that nothing was found", async () => {
    await page.goto(`${server.url}/search?q=zyzzyva&mode=keyword`);
    await page.getByText("Nothing found for “zyzzyva”").waitFor(PATIENCE);
  });

  it("shows file names as they are, whatever they hold", async () => {
    await page.goto(server.url);
    await page.getByRole("link", { name: /<img src=x onerror=alert\(1\)> مرحبا 🎉\.jpg/ }).click();
    await page
      .getByRole("heading", { name: /<img src=x/ })
      .first()
      .waitFor(PATIENCE);
  });

  it("lists what failed with its reason", async () => {
    await page.goto(`${server.url}/jobs?state=failed`);
    await page
      .getByText(/broken\.jpg/)
      .first()
      .waitFor(PATIENCE);
    await page
      .getByText(/damaged|cut off/)
      .first()
      .waitFor(PATIENCE);
  });

  it("works on a phone", async () => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 780 },
      hasTouch: true,
      isMobile: true,
    });
    const phone = await context.newPage();
    await phone.goto(server.url);
    await phone.getByRole("link", { name: /red\.jpg/ }).tap();
    await phone.getByRole("button", { name: "Information" }).first().waitFor(PATIENCE);
    await context.close();
  });

  it("notices that the server is gone and comes back with it", async () => {
    await page.goto(server.url);
    await page.getByRole("link", { name: /red\.jpg/ }).waitFor(PATIENCE);
    const port = new URL(server.url).port;
    const before = offences.errors.length;
    await server.close();
    await page.getByText("Connection lost. Trying again…").waitFor(PATIENCE);
    const config = readConfig({ KEEPSIGHT_DATA_DIR: join(root, "data"), KEEPSIGHT_PORT: port });
    server = await serveLibrary(config, createLogger("silent"), library, "0.0.0-test");
    await page.getByText("Connection lost. Trying again…").waitFor({ state: "hidden", ...PATIENCE });
    // Failed attempts to reach a server that is gone are the point of this test.
    offences.errors.splice(before);
  });

  it("asks no other server for anything and makes no error", () => {
    expect(offences.foreignRequests).toEqual([]);
    // The row of a failed job asks for a thumbnail that a photo without pixels cannot have, and shows its icon instead.
    const unexpected = offences.errors.filter((error) => !error.includes("/thumbnail?v=0"));
    expect(unexpected).toEqual([]);
  });
});
