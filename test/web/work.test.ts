import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, tilesOf, type WebTest } from "./open-web-test.ts";

describe.skipIf(!hasBrowser())("the web app at work", () => {
  let test: WebTest;
  let red: Buffer;

  beforeAll(async () => {
    red = await drawPhoto("red", { takenAt: "2023:05:06 07:08:09" });
    const broken = (await drawPhoto("gray")).subarray(0, 300);
    test = await openWebTest({
      files: {
        "red.jpg": red,
        "broken.jpg": broken,
        "torn.jpg": broken.subarray(1),
        "cut.jpg": broken.subarray(0, 250),
      },
    });
  });

  afterAll(() => test?.close());

  const chooseFiles = async (files: readonly { readonly name: string; readonly bytes: Buffer }[]) => {
    await test.page.getByRole("button", { name: "Add photos" }).click();
    await test.page
      .locator("dialog input[type=file]")
      .setInputFiles(files.map(({ name, bytes }) => ({ name, mimeType: "image/jpeg", buffer: bytes })));
  };
  const uploads = () => test.page.getByRole("region", { name: "Uploads" });

  it("says of each uploaded file what became of it", async () => {
    const { page } = test;
    await test.goto("/");
    await chooseFiles([
      { name: "lime.jpg", bytes: await drawPhoto("lime", { takenAt: "2024:07:08 09:10:11" }) },
      { name: "red again.jpg", bytes: red },
      { name: "notes.jpg", bytes: Buffer.from("these are no pixels") },
    ]);
    await uploads().getByText("1 photo added").waitFor();
    await uploads().getByText("1 already in the library").waitFor();
    await uploads().getByText("1 not accepted").click();
    await uploads()
      .getByText(/^notes\.jpg: /)
      .waitFor();
    await page.getByRole("link", { name: /lime\.jpg/ }).waitFor();
    await uploads().getByRole("button", { name: "Close" }).click();
    expect(await uploads().count()).toBe(0);
  });

  it("takes photos that are dropped on it", async () => {
    const { page } = test;
    const bytes = [...(await drawPhoto("aqua", { takenAt: "2024:08:09 10:11:12" }))];
    const transfer = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], "aqua.jpg", { type: "image/jpeg" }));
      return data;
    }, bytes);
    await page.dispatchEvent("#main", "dragenter", { dataTransfer: transfer });
    await page.getByText("Drop to add to the library").waitFor();
    await page.dispatchEvent("#main", "drop", { dataTransfer: transfer });
    await page.getByText("Drop to add to the library").waitFor({ state: "detached" });
    await page.getByRole("link", { name: /aqua\.jpg/ }).waitFor();
  });

  it("says so when nothing of what was dropped is a photo", async () => {
    const { page } = test;
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["words"], "letter.txt", { type: "text/plain" }));
      return data;
    });
    await page.dispatchEvent("#main", "drop", { dataTransfer: transfer });
    await page.getByText("There were no image files in what you dropped.").waitFor();
  });

  it("adds a folder from any page, and says why one cannot be added", async () => {
    const { page } = test;
    await test.goto("/stats");
    await page.getByRole("button", { name: "Add photos" }).click();
    const path = page.getByLabel("Path of a folder on the machine that runs Keepsight");
    await path.fill("/no/such/folder");
    await path.press("Enter");
    await page.getByText(/\/no\/such\/folder does not exist/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focusOf(page)).toBe("Add photos");
  });

  it("pauses the import and goes on with it", async () => {
    const { page } = test;
    await test.library.runner.whenIdle();
    await test.goto("/jobs");
    const card = page.getByRole("region", { name: "Analyse photos" });
    await card.getByText("Nothing to do").waitFor();
    // Without anything waiting there is nothing to be left.
    expect(await card.getByText(/left/).count()).toBe(0);
    await card.getByRole("button", { name: "Pause" }).click();
    await card.getByRole("button", { name: "Resume" }).waitFor();
    await chooseFiles([
      { name: "navy.jpg", bytes: await drawPhoto("navy", { takenAt: "2024:09:01 10:00:00" }) },
    ]);
    await card.getByText("1 waiting").waitFor();
    const row = page.getByRole("listitem").filter({ hasText: "navy.jpg" });
    await row.getByText("Waiting").waitFor();
    await card.getByRole("button", { name: "Resume" }).click();
    await row.getByText("Done").waitFor();
    await card.getByText("Nothing to do").waitFor();
  });

  it("tries failed photos again once their files are whole, one of them or all", async () => {
    const { page } = test;
    await test.goto("/jobs?state=failed");
    const row = page.getByRole("listitem").filter({ hasText: "broken.jpg" });
    await row.getByText(/damaged|cut off/).waitFor();
    // The import comes first, and what waits for the night is no work.
    const cards = await page.locator(".queue h2").allTextContents();
    expect(cards[0]).toBe("Analyse photos");
    expect(cards).not.toContain("Nightly maintenance");
    await writeFile(
      join(test.folder, "broken.jpg"),
      await drawPhoto("gray", { takenAt: "2020:01:01 00:00:00" }),
    );
    await row.getByRole("button", { name: "Try again" }).click();
    await row.waitFor({ state: "detached" });
    for (const name of ["torn.jpg", "cut.jpg"])
      await writeFile(join(test.folder, name), await drawPhoto("gray", { takenAt: "2020:01:02 00:00:00" }));
    await page.getByRole("button", { name: "Try all again" }).click();
    await page.getByText("Nothing failed.").waitFor();
    await test.goto("/jobs?state=succeeded");
    await row.waitFor();
  });

  it("opens a job's photo over the list and gives the keyboard back", async () => {
    const { page } = test;
    await test.goto("/jobs?state=succeeded");
    await page.getByRole("link", { name: "navy.jpg" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "navy.jpg", level: 1 }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => focusOf(page)).toContain("navy.jpg");
  });

  it("says what search cannot do without a model, and leads to where it is to be had", async () => {
    const { page } = test;
    await test.goto("/search?q=red");
    await page
      .locator(".search-notice")
      .getByText(/No text-image model/)
      .waitFor();
    await page.getByRole("link", { name: "Install it" }).click();
    const meaning = page.locator(".model-group", { has: page.getByRole("heading", { name: "Meaning" }) });
    await meaning.getByText("Not yet").waitFor();
    await meaning.getByText("No model yet. Download one of these:").waitFor();
  });

  it("shows what is in use of each step first, and the rest on request", async () => {
    const { page } = test;
    await test.goto("/models");
    const text = page.locator(".model-group", { has: page.getByRole("heading", { name: "Text" }) });
    await text.getByText("Works", { exact: true }).waitFor();
    const inUse = text.locator(".model", { hasText: "In use" });
    expect(await inUse.count()).toBeGreaterThan(1);
    const others = text.locator(".model-others .model");
    expect(await others.first().isVisible()).toBe(false);
    await text.locator("summary").click();
    await others.first().waitFor();
  });

  it("asks before it downloads a model that not everybody may use", async () => {
    const { page } = test;
    await test.goto("/models");
    const faces = page.locator(".model-group", { has: page.getByRole("heading", { name: "Faces" }) });
    await faces.locator("summary").click();
    const restricted = faces.locator(".model", { hasText: "research only" }).first();
    await restricted.getByRole("button", { name: "Download" }).click();
    const question = page.getByRole("dialog", { name: "Download for personal research?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    await question.waitFor({ state: "detached" });
    await expect.poll(() => focusOf(page)).toBe("Download");
  });

  it("opens the list of keys and closes it again", async () => {
    const { page } = test;
    await test.goto("/");
    await page.locator(".tile-link").first().waitFor();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await tilesOf(page)).toContain("red.jpg");
  });

  it("asks no other server for anything and makes no error but for what was wrong", () => {
    const unexpected = test.offences.errors.filter((error) => !error.includes("/ingest/directory"));
    expect({ ...test.offences, errors: unexpected }).toEqual({ errors: [], foreignRequests: [] });
  });
});
