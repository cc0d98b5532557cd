/** Copies of photos: side by side, one kept, and every step taken back. */
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { createRandom } from "../generated-photos.ts";
import { seriousFindingsOf } from "./accessible-page.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, type WebTest } from "./open-web-test.ts";

/** A picture with corners everywhere, another one for each seed. */
async function drawMosaic(seed: number): Promise<Buffer> {
  const [width, height] = [32, 24];
  const random = createRandom(seed);
  const data = Buffer.from(Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(640, 480, { kernel: "nearest" })
    .grayscale()
    .png()
    .toBuffer();
}

async function drawFiles(): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = { "other.jpg": await drawPhoto("teal") };
  for (const [i, name] of ["boat", "dune", "fern"].entries()) {
    const photo = await drawMosaic(i + 1);
    files[`${name}.png`] = photo;
    files[`${name}-small.jpg`] = await sharp(photo).resize(320).jpeg({ quality: 60 }).toBuffer();
  }
  files["dune-again.png"] = files["dune.png"]!;
  return files;
}

describe.skipIf(!hasBrowser())("the page of duplicates", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest({ files: await drawFiles() });
  });

  afterAll(() => test?.close());

  afterEach(() => {
    expect(test.offences).toEqual({ errors: [], foreignRequests: [] });
  });

  const group = (name: string) => test.page.locator(".duplicate-group", { hasText: name });
  const member = (name: string) => test.page.locator(".duplicate-member", { hasText: name });
  const notice = (text: string) => test.page.locator(".notice").getByText(text, { exact: true }).waitFor();
  const undo = () => test.page.locator(".notice").getByRole("button", { name: "Undo" }).last().click();
  const visible = async () => {
    const answer = await fetch(`${test.url}/api/v1/photos?pageSize=100`);
    return ((await answer.json()) as { items: { fileName: string }[] }).items.map(({ fileName }) => fileName);
  };

  it("shows copies side by side, marks what differs, and suggests the better one", async () => {
    await test.goto("/duplicates");
    await group("boat.png").waitFor();
    expect(await test.page.locator(".duplicate-group").count()).toBe(3);
    await test.page.getByText(/^3 groups, 4 photos too many/).waitFor();
    await member("boat.png").getByText("Suggested").waitFor();
    expect(await group("boat.png").getByRole("radio", { name: "Keep boat.png" }).isChecked()).toBe(true);
    const best = member("boat.png").locator(".is-best");
    expect((await best.allInnerTexts()).join(" ")).toContain("640 × 480");
    await member("boat-small.jpg").getByText("320 × 240").waitFor();
    expect(await member("boat-small.jpg").locator(".is-best", { hasText: "320 × 240" }).count()).toBe(0);
  });

  it("has no serious finding of accessibility", async () => {
    await test.goto("/duplicates");
    await group("dune.png").waitFor();
    expect(await seriousFindingsOf(test.page)).toEqual([]);
  });

  it("hides the others of the one that is kept, and brings them back", async () => {
    const { page } = test;
    await test.goto("/duplicates");
    await group("boat.png").getByRole("button", { name: "Keep it, hide 1 other" }).click();
    await group("boat.png").waitFor({ state: "detached" });
    await notice("1 copy hidden");
    expect(await visible()).not.toContain("boat-small.jpg");
    await page.getByRole("link", { name: "Decided" }).click();
    await member("boat-small.jpg").getByText("Hidden").waitFor();
    await member("boat.png").getByText("Kept").waitFor();
    await group("boat.png").getByRole("button", { name: "Undo" }).click();
    await group("boat.png").waitFor({ state: "detached" });
    await page.getByText("Nothing decided yet.").waitFor();
    await page.getByRole("link", { name: "To decide" }).click();
    await group("boat.png").waitFor();
    expect(await visible()).toContain("boat-small.jpg");
  });

  it("keeps the one that was chosen, by the keyboard alone", async () => {
    const { page } = test;
    await test.goto("/duplicates");
    await group("fern.png").getByRole("radio", { name: "Keep fern.png" }).focus();
    await page.keyboard.press("ArrowDown");
    expect(await focusOf(page)).toBe("Keep fern-small.jpg");
    await group("fern.png").getByRole("button", { name: "Keep it, hide 1 other" }).focus();
    await page.keyboard.press("Enter");
    await group("fern.png").waitFor({ state: "detached" });
    expect(await visible()).not.toContain("fern.png");
    await notice("1 copy hidden");
    await page.keyboard.press("Control+z");
    await group("fern.png").waitFor();
    expect(await visible()).toContain("fern.png");
  });

  it("sets photos apart that are no copies, and takes that back", async () => {
    const { page } = test;
    await test.goto("/duplicates");
    await group("boat.png").getByRole("button", { name: "Not duplicates" }).click();
    await group("boat.png").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Not duplicates" }).click();
    await group("boat.png").waitFor();
    await undo();
    await group("boat.png").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "To decide" }).click();
    await group("boat.png").waitFor();
  });

  it("takes one photo out of a group, and puts it back", async () => {
    await test.goto("/duplicates");
    await group("dune.png").getByText("Group of 3 photos").waitFor();
    await member("dune-small.jpg")
      .getByRole("button", { name: "dune-small.jpg does not belong here" })
      .click();
    await group("dune.png").getByText("Group of 2 photos").waitFor();
    expect(await member("dune-small.jpg").count()).toBe(0);
    await undo();
    await group("dune.png").getByText("Group of 3 photos").waitFor();
  });

  it("lays two over each other, the other one while it is held", async () => {
    const { page } = test;
    await test.goto("/duplicates");
    await group("boat.png").getByRole("button", { name: "Compare" }).click();
    const shown = () => page.locator(".compare-stage img.is-front").getAttribute("alt");
    const name = await shown();
    await page.keyboard.down("Space");
    await page.waitForFunction(
      (before) => document.querySelector(".compare-stage img.is-front")?.getAttribute("alt") !== before,
      name,
    );
    await page.keyboard.up("Space");
    await page.locator(`.compare-stage img.is-front[alt="${name}"]`).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focusOf(page)).toBe("Compare");
  });

  it("leads from a photo to the group that it is in, and on to all", async () => {
    const { page } = test;
    await test.goto(`/photo/${test.idOf("boat.png")}`);
    await page.getByRole("link", { name: "There are copies of this photo" }).click();
    await group("boat.png").waitFor();
    expect(await page.locator(".duplicate-group").count()).toBe(1);
    await page.getByRole("link", { name: "All groups" }).click();
    await group("fern.png").waitFor();
  });

  it("shows groups of one kind only, and what the kind means", async () => {
    const { page } = test;
    await test.goto("/duplicates");
    await page.getByRole("combobox", { name: "Kind" }).selectOption("near");
    await page.getByText("Look before you decide.").waitFor();
    await page.getByText("Nothing to decide.").waitFor();
    expect(new URL(page.url()).search).toBe("?kind=near");
  });

  it("says before what deciding all sure ones would do, and does that", async () => {
    const { page } = test;
    await test.goto("/duplicates");
    await page.getByRole("button", { name: "Decide all sure ones" }).click();
    await page.getByText(/^In 3 groups the best copy stays and 4 others/).waitFor();
    expect(await visible()).toHaveLength(8);
    await page.getByRole("button", { name: "Hide the copies" }).click();
    await page.getByText("Nothing to decide.").waitFor();
    // Of equal files either may stay.
    const kept = (await visible()).map((name) => name.replace("-again", ""));
    expect(kept.toSorted()).toEqual(["boat.png", "dune.png", "fern.png", "other.jpg"]);
  });
});
