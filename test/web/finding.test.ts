/** What search understands, narrows, keeps and learns. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { writeClipTowers } from "../onnx-towers.ts";
import { seriousFindingsOf } from "./accessible-page.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, tilesOf, type WebTest } from "./open-web-test.ts";

/** A photo with one colour on its left and another on its right. */
async function drawHalves(left: string, right: string): Promise<Buffer> {
  const half = await sharp({ create: { width: 160, height: 240, channels: 3, background: right } })
    .png()
    .toBuffer();
  return sharp({ create: { width: 320, height: 240, channels: 3, background: left } })
    .composite([{ input: half, left: 160, top: 0 }])
    .jpeg()
    .toBuffer();
}

async function drawFiles(): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {
    "rome.jpg": await drawPhoto("#0000ff", {
      takenAt: "2024:02:20 12:00:00",
      place: { latitude: 41.9, longitude: 12.5 },
      camera: "Box 1",
    }),
    "both.jpg": await drawHalves("#00ff00", "#ff0000"),
  };
  for (const [i, colour] of ["#ff0000", "#e01008", "#d00000"].entries())
    files[`red-${i}.jpg`] = await drawPhoto(colour, {
      takenAt: `2023:07:0${i + 1} 12:00:00`,
      camera: "Pinhole 7",
    });
  for (const [i, colour] of ["#00ff00", "#10e008", "#00c000"].entries())
    files[`green-${i}.jpg`] = await drawPhoto(colour, { camera: "Box 1" });
  for (const [i, [left, right]] of [
    ["#ff0000", "#0000ff"],
    ["#e00000", "#0000f0"],
    ["#f00000", "#0000e0"],
    ["#f80000", "#0000f8"],
  ].entries())
    files[`flag-${i}.jpg`] = await drawHalves(left!, right!);
  return files;
}

describe.skipIf(!hasBrowser())("finding photos in the web app", () => {
  let test: WebTest;
  let models: string;

  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), "keepsight-towers-"));
    writeClipTowers(models);
    test = await openWebTest({ settings: { KEEPSIGHT_MODELS_DIR: models }, files: await drawFiles() });
  });

  afterAll(async () => {
    await test?.close();
    await rm(models, { recursive: true, force: true });
  });

  afterEach(() => {
    expect(test.offences).toEqual({ errors: [], foreignRequests: [] });
  });

  const query = () => new URL(test.page.url()).searchParams;
  const count = (text: string) =>
    test.page.locator(".results-count").getByText(text, { exact: true }).waitFor();
  const tile = (name: string) =>
    test.page.getByRole("link", { name: new RegExp(`^${name.replace(".", "\\.")}`) });
  const notice = (text: string | RegExp) => test.page.locator(".notice").getByText(text).waitFor();
  const undo = () => test.page.locator(".notice").getByRole("button", { name: "Undo" }).last().click();
  const choose = async (...names: string[]) => {
    for (const name of names) {
      await tile(name).focus();
      await test.page.keyboard.press("Space");
    }
  };
  const sorted = async () => (await tilesOf(test.page)).toSorted();

  describe("what a sentence was understood as", () => {
    it("is shown in chips, and taken back as words", async () => {
      const { page } = test;
      await test.goto("/search?q=in+Rome&mode=keyword");
      await tile("rome.jpg").waitFor();
      await page.getByText("Understood as").waitFor();
      await page.getByRole("button", { name: /^Change .*Rome/ }).waitFor();
      await page.getByRole("button", { name: /^Search .*Rome.* as words instead$/ }).click();
      await page.waitForURL((url) => url.searchParams.get("q") !== "in Rome");
      await page.locator(".understood .is-guess").waitFor({ state: "detached" });
      expect(query().get("q")).toContain("Rome");
    });

    it("is changed where it stands, and the keyboard goes there", async () => {
      const { page } = test;
      await test.goto("/search?q=camera:Pinhole&mode=keyword");
      await count("3 photos");
      await page.getByRole("button", { name: /^Change .*Pinhole/ }).click();
      const field = page.getByLabel("As it is written in the search");
      expect(await field.inputValue()).toContain("camera:");
      await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
      await field.fill('camera:"Box 1"');
      await page.keyboard.press("Enter");
      await count("4 photos");
      expect(query().get("q")).toBe('camera:"Box 1"');
      await page.getByRole("button", { name: /^Remove filter .*Box 1/ }).click();
      await page.getByRole("heading", { name: "What are you looking for?" }).waitFor();
    });

    it("is said to be a mistake, with what to write instead", async () => {
      const { page } = test;
      await test.goto("/search?q=camra:Pinhole&mode=keyword");
      await page.locator(".query-problem").waitFor();
      await page.getByRole("button", { name: /^Write camera:/ }).click();
      await count("3 photos");
      expect(query().get("q")).toBe("camera:Pinhole");
    });
  });

  describe("facets", () => {
    it("narrow a search with what its photos have in common, and widen it again", async () => {
      const { page } = test;
      await test.goto("/search?hasGps=false");
      const facets = page.locator(".facets");
      await facets.getByRole("checkbox", { name: /Pinhole 7/ }).check();
      await count("3 photos");
      expect(query().get("camera")).toBe("Pinhole 7");
      expect(await sorted()).toEqual(["red-0.jpg", "red-1.jpg", "red-2.jpg"]);
      await facets.getByRole("checkbox", { name: /Pinhole 7/ }).uncheck();
      await page.waitForURL((url) => !url.searchParams.has("camera"));
      await tile("green-0.jpg").waitFor();
    });

    it("count only what is found", async () => {
      await test.goto("/search?camera=Box+1");
      const years = test.page.getByRole("group", { name: "Years" });
      await years.getByText("2024").waitFor();
      expect(await years.getByText("2023").count()).toBe(0);
      const cities = test.page.getByRole("group", { name: "Cities" });
      expect(await cities.locator(".facet-count").innerText()).toBe("1");
    });
  });

  describe("sections", () => {
    it("keep what is sure apart from what is doubtful", async () => {
      const { page } = test;
      await test.goto("/search?q=red&mode=semantic");
      await tile("red-0.jpg").waitFor();
      const answer = await fetch(`${test.url}/api/v1/search?q=red&mode=semantic&pageSize=100`);
      const { sections } = (await answer.json()) as { sections: { strong: number; maybe: number } };
      expect(await page.getByRole("heading", { name: "Perhaps" }).count()).toBe(sections.maybe > 0 ? 1 : 0);
      expect(await page.locator(".tile-link").count()).toBe(sections.strong + sections.maybe);
    });

    it("say honestly that nothing matches", async () => {
      await test.goto("/search?q=qzxv+blorp");
      await test.page.getByText("Nothing in your photos matches “qzxv blorp”").waitFor();
      expect(await test.page.locator(".tile-link").count()).toBe(0);
    });
  });

  it("keeps a search under a name, offers it later, and forgets it", async () => {
    const { page } = test;
    await test.goto("/search?q=red&camera=Pinhole+7");
    await page.getByRole("button", { name: "Save search" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Red ones");
    await page.keyboard.press("Enter");
    await notice("Saved as “Red ones”");
    await test.goto("/search");
    await page.getByRole("link", { name: "Red ones" }).click();
    await tile("red-0.jpg").waitFor();
    expect(Object.fromEntries(query())).toEqual({ q: "red", camera: "Pinhole 7" });
    await test.goto("/search");
    await page.getByRole("button", { name: "Delete the saved search Red ones" }).click();
    await page.getByRole("link", { name: "Red ones" }).waitFor({ state: "detached" });
  });

  describe("by a picture", () => {
    it("that is no photo of the library finds photos like it", async () => {
      const { page } = test;
      await test.goto("/search");
      await page
        .locator("input[type=file][accept*=heic]")
        .last()
        .setInputFiles({ name: "mine.jpg", mimeType: "image/jpeg", buffer: await drawPhoto("#00f004") });
      await tile("green-0.jpg").waitFor();
      expect((await tilesOf(page)).slice(0, 3).toSorted()).toEqual([
        "green-0.jpg",
        "green-1.jpg",
        "green-2.jpg",
      ]);
      await page.getByText("Compared by what they show").waitFor();
      await page.reload();
      await page.getByText(/The picture is no longer on this page/).waitFor();
      await page.getByRole("button", { name: "Do not compare with this picture" }).click();
      await page.getByRole("heading", { name: "What are you looking for?" }).waitFor();
    });

    it("finds what is like a part of a photo", async () => {
      const { page } = test;
      await test.goto(`/photo/${test.idOf("both.jpg")}`);
      const photo = page.locator(".stage-photo");
      await photo.waitFor();
      await page.keyboard.press("s");
      await page.locator(".draw-frame").waitFor();
      const box = (await photo.boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.1);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.95, box.y + box.height * 0.9, { steps: 3 });
      await page.mouse.up();
      await page.waitForURL(/\/search\?like=/);
      await tile("red-0.jpg").waitFor();
      expect((await tilesOf(page)).slice(0, 3).toSorted()).toEqual(["red-0.jpg", "red-1.jpg", "red-2.jpg"]);
    });
  });

  describe("learning", () => {
    it("finds what three chosen photos taught, and unlearns it", async () => {
      const { page } = test;
      await test.goto("/search?q=flag-&mode=keyword");
      await tile("flag-0.jpg").waitFor();
      await choose("flag-0.jpg", "flag-1.jpg", "flag-2.jpg");
      await page.getByRole("button", { name: "Teach" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill("Our flag");
      await page.keyboard.press("Enter");
      await notice(/Our flag.* can be searched now/);
      await test.goto("/search?concept=Our+flag");
      // The fourth was never shown to it.
      await tile("flag-3.jpg").waitFor();
      const found = await tilesOf(page);
      expect(found).toEqual(expect.arrayContaining(["flag-0.jpg", "flag-1.jpg", "flag-2.jpg"]));
      expect(found.filter((name) => /red|green/.test(name))).toEqual([]);
      await test.goto("/categories");
      await page.getByText("3 examples · found in").waitFor();
      await page.getByRole("button", { name: /^Forget .*Our flag/ }).click();
      await page.getByText("Nothing was taught yet.").waitFor();
      await undo();
      await page.getByText("3 examples · found in").waitFor();
      await test.goto("/history");
      await page
        .getByRole("button", { name: /^Undo: .*Our flag/ })
        .last()
        .click();
      await notice("Taken back");
      const concepts = await fetch(`${test.url}/api/v1/concepts?kind=named`);
      expect(await concepts.json()).toMatchObject({ total: 0 });
    });

    it("leaves out what is not meant, and takes that back", async () => {
      const { page } = test;
      await test.goto("/search?q=red&mode=semantic");
      await tile("red-2.jpg").waitFor();
      const before = await tilesOf(page);
      await choose("red-2.jpg");
      await page.getByRole("button", { name: "Not this" }).click();
      await tile("red-2.jpg").waitFor({ state: "detached" });
      await notice("Learnt");
      await undo();
      await tile("red-2.jpg").waitFor();
      expect(await tilesOf(page)).toEqual(before);
    });
  });

  it.each(["light", "dark"] as const)(
    "has no serious finding of accessibility when it is %s",
    async (colorScheme) => {
      const { page } = test;
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await test.goto("/search?q=in+Rome+camra:Box");
      await page.locator(".query-problem").waitFor();
      const findings = await seriousFindingsOf(page);
      await test.goto("/search?camera=Box+1");
      await tile("green-0.jpg").waitFor();
      await page.locator(".facet").first().waitFor();
      await choose("green-0.jpg");
      findings.push(...(await seriousFindingsOf(page)));
      await page.emulateMedia({ colorScheme: null, reducedMotion: null });
      expect(findings).toEqual([]);
    },
  );

  it("asks for the name of a lesson where the keyboard is", async () => {
    const { page } = test;
    await test.goto("/search?camera=Box+1");
    await tile("green-0.jpg").waitFor();
    await choose("green-0.jpg");
    await page.getByRole("button", { name: "Teach" }).click();
    await page.getByRole("dialog").getByLabel("Name").focus();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focusOf(page)).toBe("Teach");
  });
});
