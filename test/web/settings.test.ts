/** The page of settings: folders, photos that were taken out, upkeep and backups. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { hasBrowser } from "./open-browser.ts";
import { openWebTest, type WebTest } from "./open-web-test.ts";

describe.skipIf(!hasBrowser())("the page of settings", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest({
      files: { "red.jpg": await drawPhoto("red"), "sea.jpg": await drawPhoto("blue") },
    });
  });

  afterAll(() => test?.close());

  afterEach(() => {
    expect(test.offences).toEqual({ errors: [], foreignRequests: [] });
  });

  const button = (name: string | RegExp) => test.page.getByRole("button", { name, exact: true });
  const section = (name: string) =>
    test.page.locator("section.card", { has: test.page.getByRole("heading", { name, exact: true }) });
  const undo = () => test.page.locator(".notice").getByRole("button", { name: "Undo" }).last().click();
  const total = async () => {
    const answer = await fetch(`${test.url}/api/v1/photos?pageSize=1`);
    return ((await answer.json()) as { total: number }).total;
  };

  it("lets a folder rest, and watches it again", async () => {
    await test.goto("/settings");
    await section("Folders").getByText("Watched · 2 photos").waitFor();
    await button("Stop watching").click();
    await section("Folders").getByText("Not watched · 2 photos").waitFor();
    await button("Watch again").click();
    await section("Folders").getByText("Watched · 2 photos").waitFor();
  });

  it("removes a folder with its photos after asking, and brings back exactly what was there", async () => {
    const { page } = test;
    await test.goto("/settings");
    await button(`Remove the folder ${test.folder}`).click();
    await page.getByRole("dialog").getByText("the files stay untouched").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    expect(await total()).toBe(2);
    await button(`Remove the folder ${test.folder}`).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await button(`Remove the folder ${test.folder}`).waitFor({ state: "detached" });
    expect(await total()).toBe(0);
    await page.getByText("Folder removed with 2 photos").waitFor();
    await undo();
    await section("Folders")
      .getByText(/2 photos/)
      .waitFor();
    expect(await total()).toBe(2);
  });

  it("lists photos that were taken out of sight, and brings them back", async () => {
    await test.goto("/settings");
    await section("Removed photos").getByText("Nothing was removed.").waitFor();
    await fetch(`${test.url}/api/v1/photos/bulk`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ photoIds: [test.idOf("sea.jpg")], hide: true }),
    });
    await test.goto("/settings");
    await button("Bring back sea.jpg").click();
    await section("Removed photos").getByText("Nothing was removed.").waitFor();
    expect(await total()).toBe(2);
  });

  it("does a task of the night at once, and says what it did", async () => {
    await test.goto("/settings");
    const task = section("Upkeep").locator("li", { hasText: "Tidying up" });
    await task.getByText("Not run yet").waitFor();
    await button("Tidying up: Do it now").click();
    await task.getByText(/^Done, /).waitFor();
  });

  it("writes a backup, and lists it with what is in it", async () => {
    await test.goto("/settings");
    await section("Backups").getByText("There is no backup yet.").waitFor();
    await button("Back up now").click();
    await section("Backups")
      .getByText(/^2 photos, .* decisions? · /)
      .waitFor();
  });
});
