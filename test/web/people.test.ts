import { readdirSync, readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { hasShared, sharedPath } from "../shared-files.ts";
import { focusRingOf, headingLevelsOf, namelessOf } from "./accessible-page.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, type WebTest } from "./open-web-test.ts";
import { seedFaces } from "./seed-faces.ts";

const COLOURS = ["red", "green", "blue", "teal", "olive", "navy", "maroon", "purple", "orange", "brown"];
const LEFT = { x: 0.1, y: 0.2, width: 0.25, height: 0.4 };
const RIGHT = { x: 0.6, y: 0.25, width: 0.25, height: 0.4 };

/** Ten photos: the first person is on six of them, the second on five, the third on four. */
async function openSeeded(): Promise<WebTest> {
  const files: Record<string, Buffer> = {};
  for (const [i, colour] of COLOURS.entries()) {
    files[`${colour}.jpg`] = await drawPhoto(colour, { takenAt: `2024:01:${10 + i} 10:00:00` });
  }
  const test = await openWebTest({ files });
  await seedFaces(
    test,
    Object.fromEntries(
      COLOURS.map((colour, i) => [
        `${colour}.jpg`,
        [
          ...(i < 6 ? [{ who: 1, box: LEFT }] : []),
          ...(i >= 5 ? [{ who: 2, box: RIGHT }] : []),
          ...(i < 4 ? [{ who: 3, box: RIGHT }] : []),
        ],
      ]),
    ),
  );
  return test;
}

interface Answer {
  readonly items: readonly { readonly id: string; readonly name: string; readonly faceCount: number }[];
  readonly total: number;
}

describe.skipIf(!hasBrowser())("the people pages of the web app", () => {
  let test: WebTest;
  let page: Page;

  beforeAll(async () => {
    test = await openSeeded();
    page = test.page;
  });

  afterAll(() => test?.close());

  afterEach(() => {
    // The browser reports each answer that says no as an error: for a name that is taken, and a group that is gone.
    const errors = test.offences.errors
      .splice(0)
      .filter((error) => !/409.*\/persons\/|404.*\/clusters\/none/.test(error));
    expect(errors).toEqual([]);
    expect(test.offences.foreignRequests).toEqual([]);
  });

  const api = async (path: string) => (await (await fetch(`${test.url}/api/v1/${path}`)).json()) as Answer;
  const names = async () => (await api("persons?sort=name")).items.map(({ name }) => name);
  const facesOf = async (name: string) =>
    (await api("persons")).items.find((person) => person.name === name)?.faceCount;
  const idOf = async (name: string) => (await api("persons")).items.find((one) => one.name === name)!.id;
  const suggestionsAbout = async (name: string) =>
    (await api(`persons/${await idOf(name)}/suggestions`)).items.length;
  const person = (name: string) => page.getByRole("link", { name: new RegExp(`^${name}, `) });
  const clusters = () => page.locator(".cluster-card");
  const toast = (text: string | RegExp) => page.locator(".notice", { hasText: text });
  const undo = async (text: string | RegExp) => toast(text).getByRole("button", { name: "Undo" }).click();

  it("leads somebody who has named nobody to the groups of unknown faces", async () => {
    await test.goto("/");
    await page
      .getByRole("navigation", { name: "Main" })
      .first()
      .getByRole("link", { name: "People" })
      .click();
    await page.getByText("Nobody has a name yet").waitFor();
    await clusters().nth(2).waitFor();
    expect(await clusters().count()).toBe(3);
    expect(await clusters().first().innerText()).toContain("6 faces");
  });

  it("names a group by typing and Enter; the next one has the keyboard then", async () => {
    await test.goto("/people");
    await clusters().first().locator(".field").fill("Ada");
    await page.keyboard.press("Enter");
    await person("Ada").waitFor();
    await expect.poll(() => clusters().count()).toBe(2);
    await expect.poll(() => focusOf(page)).toBe("Who is this? Group of 5 faces");
    await page.keyboard.type("Ben 山田 <b>");
    await page.keyboard.press("Enter");
    await expect.poll(() => clusters().count()).toBe(1);
    expect(await names()).toEqual(["Ada", "Ben 山田 <b>"]);
    expect(await page.locator(".person-name b").count()).toBe(0);
  });

  it("takes a name back and gives it again", async () => {
    await test.goto("/people");
    await clusters().first().locator(".field").fill("Cleo");
    await page.keyboard.press("Enter");
    await undo("named");
    await expect.poll(names).toEqual(["Ada", "Ben 山田 <b>"]);
    await clusters().first().waitFor();
    expect(await clusters().first().innerText()).toContain("4 faces");
    await clusters().first().locator(".field").fill("Cleo");
    await page.keyboard.press("Enter");
    await page.getByText("Every group of faces has a name.").waitFor();
  });

  it("offers people of the name that is typed, and gives faces to the one who is chosen", async () => {
    await test.goto(`/photo/${test.idOf("red.jpg")}`);
    await page.keyboard.press("f");
    await page.getByRole("button", { name: "Cleo", exact: true }).first().click();
    const field = page.getByRole("combobox", { name: "Someone else" });
    await field.fill("ben");
    await page.getByRole("option", { name: /^Ben/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => facesOf("Ben 山田 <b>")).toBe(6);
    await expect.poll(() => focusOf(page)).toBe("Ben 山田 <b>");
    await undo("named");
    await expect.poll(() => facesOf("Ben 山田 <b>")).toBe(5);
  });

  it("merges people chosen by keyboard into the one who is to stay, and parts them again", async () => {
    await test.goto("/people");
    await person("Ada").focus();
    await page.keyboard.press("Shift+ArrowRight");
    await page.getByRole("toolbar", { name: "2 selected" }).waitFor();
    await page.getByRole("button", { name: "Merge…" }).click();
    await page.getByRole("radio", { name: /Ada/ }).check();
    await page.getByRole("button", { name: "Merge 2 people" }).click();
    await expect.poll(() => names()).toHaveLength(2);
    expect(await facesOf("Ada")).toBe(11);
    await person("Ada").waitFor();
    await page.keyboard.press("Control+z");
    await expect.poll(() => names()).toHaveLength(3);
    await person("Ben 山田 <b>").waitFor();
    expect(await facesOf("Ada")).toBe(6);
    await page.getByRole("toolbar").waitFor({ state: "detached" });
    await person("Ada").focus();
    await page.keyboard.press("Space");
    await page.getByRole("toolbar", { name: "1 selected" }).waitFor();
    await page.getByRole("button", { name: "Merge…" }).focus();
    await page.keyboard.press("Escape");
    await page.getByRole("toolbar").waitFor({ state: "detached" });
  });

  it("finds people by the beginning of a name", async () => {
    await test.goto("/people");
    await page.getByRole("searchbox", { name: "Find a person" }).fill("cl");
    await expect.poll(() => page.locator(".person-link").count()).toBe(1);
    await page.getByRole("searchbox", { name: "Find a person" }).fill("nobody at all");
    await page.getByText("Nobody is called").waitFor();
  });

  it("renames in place, refuses nothing silently, and offers to merge with a namesake", async () => {
    await test.goto(`/people/${await idOf("Cleo")}`);
    await page.getByRole("button", { name: /^Rename/ }).click();
    const field = page.getByRole("textbox", { name: "Name", exact: true });
    await field.fill("Cléo");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /Cléo/ }).waitFor();
    await expect.poll(() => focusOf(page)).toContain("Rename");
    await page.getByRole("button", { name: /^Rename/ }).click();
    await field.fill("ADA");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "There is already somebody of that name" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).last().click();
    await undo("Renamed");
    await expect.poll(names).toContain("Cleo");
  });

  it("keeps a birth date, a favourite and what is hidden, each until it is taken back", async () => {
    await test.goto(`/people/${await idOf("Ada")}`);
    await page.getByRole("button", { name: "Add birth date" }).click();
    await page.getByLabel("Born").fill("1990-12-10");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /10 December 1990/ }).waitFor();
    await page.getByRole("button", { name: /as favourite/ }).click();
    await page.getByRole("button", { name: /is a favourite/ }).waitFor();
    await page.getByRole("button", { name: "Hide", exact: true }).click();
    await page.getByRole("button", { name: "Show again" }).waitFor();
    await undo("hidden");
    await page.getByRole("button", { name: "Hide", exact: true }).waitFor();
  });

  it("shows a person's photos in the grid, which opens them and comes back", async () => {
    await test.goto(`/people/${await idOf("Ada")}`);
    await expect.poll(() => page.locator(".tile-link").count()).toBe(6);
    await page.locator(".tile-link").first().click();
    await page.getByRole("button", { name: "Next photo" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { level: 1, name: /Ada/ }).waitFor();
  });

  it("moves faces to somebody else, splits them off, and says who they are not", async () => {
    await test.goto(`/people/${await idOf("Ada")}?tab=faces`);
    await page.locator(".face-link").first().focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+ArrowRight");
    await page.getByRole("toolbar", { name: "2 selected" }).waitFor();
    await page.getByRole("button", { name: "Someone else…" }).click();
    await page.getByRole("combobox", { name: /Who are these 2 faces/ }).fill("Dora");
    await page.keyboard.press("Enter");
    await expect.poll(() => facesOf("Dora")).toBe(2);
    await expect.poll(() => page.locator(".face-link").count()).toBe(4);
    await page.locator(".face-link").first().focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: /^Not .*Ada/ }).click();
    await expect.poll(() => facesOf("Ada")).toBe(3);
    await undo(/not .*Ada/);
    await expect.poll(() => facesOf("Ada")).toBe(4);
  });

  it("asks by keyboard whether two are the same: no, undo, yes", async () => {
    await test.goto("/people");
    await page.getByRole("link", { name: /Is this the same person/ }).click();
    const question = page.getByRole("heading", { level: 1, name: /Ada.*Dora|Dora.*Ada/ });
    await question.waitFor();
    await page.keyboard.press("n");
    await page.getByRole("heading", { name: "Nothing left to ask" }).waitFor();
    await undo("two people");
    await test.goto("/people/review");
    await question.waitFor();
    await page.keyboard.press("n");
    await page.getByRole("heading", { name: "Nothing left to ask" }).waitFor();
    await page.keyboard.press("u");
    await question.waitFor();
    await page.keyboard.press("y");
    await expect.poll(() => facesOf("Ada")).toBe(6);
    await page.getByRole("heading", { name: "Nothing left to ask" }).waitFor();
  });

  it("adds a face that was missed, drawn with the mouse and named, and takes it back whole", async () => {
    const photoId = test.idOf("brown.jpg");
    await test.goto(`/photo/${photoId}`);
    await page.locator(".stage-photo").waitFor();
    await page.keyboard.press("n");
    const photo = (await page.locator(".stage-photo").boundingBox())!;
    await page.mouse.move(photo.x + photo.width * 0.1, photo.y + photo.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(photo.x + photo.width * 0.3, photo.y + photo.height * 0.6, { steps: 4 });
    await page.mouse.up();
    await page.getByRole("combobox", { name: "Who is this?" }).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Ada", exact: true }).first().waitFor();
    expect(await facesOf("Ada")).toBe(7);
    const { items } = (await api(`faces/photos/${photoId}`)) as unknown as {
      items: { box: { x: number; width: number }; origin: string }[];
    };
    const drawn = items.find(({ origin }) => origin === "drawn")!;
    expect(drawn.box.x).toBeCloseTo(0.1, 1);
    expect(drawn.box.width).toBeCloseTo(0.2, 1);
    await undo("named");
    await expect.poll(() => facesOf("Ada")).toBe(6);
    await expect.poll(async () => (await api(`faces/photos/${photoId}`)).total).toBe(1);
  });

  it("adds a face by keyboard alone", async () => {
    await test.goto(`/photo/${test.idOf("orange.jpg")}`);
    await page.locator(".stage-photo").waitFor();
    await page.keyboard.press("n");
    await page.locator(".draw-frame:focus").waitFor();
    const before = (await page.locator(".draw-frame").boundingBox())!;
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+ArrowDown");
    await expect
      .poll(async () => (await page.locator(".draw-frame").boundingBox())!.x)
      .toBeLessThan(before.x);
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Who is this?" }).fill("Cleo");
    await page.keyboard.press("Enter");
    await expect.poll(() => facesOf("Cleo")).toBe(5);
  });

  it("takes a face out of a group before the rest is named, and tells when a group is gone", async () => {
    const personId = await idOf("Cleo");
    await fetch(`${test.url}/api/v1/persons/${personId}`, { method: "DELETE" });
    await test.goto("/people");
    await clusters().first().locator(".cluster-faces").click();
    await page.getByText("All 4 faces are chosen").waitFor();
    await page.locator(".face-link").first().click();
    await page.getByText("3 of 4 faces are chosen").waitFor();
    await page.getByRole("combobox", { name: "Who is this?" }).fill("Cleo the younger");
    await page.keyboard.press("Enter");
    await expect.poll(() => facesOf("Cleo the younger")).toBe(3);
    await test.goto("/people/clusters/none");
    await page.getByRole("heading", { name: "This group of faces is gone" }).waitFor();
  });

  it("lists what was decided, and takes it back from there", async () => {
    await test.goto("/history");
    const named = page.locator(".history-entry", { hasText: "Named 3 faces Cleo the younger" });
    await named.getByRole("button", { name: /^Undo/ }).click();
    await named.getByText("taken back").waitFor();
    await expect.poll(() => facesOf("Cleo the younger")).toBeUndefined();
    await expect.poll(() => focusOf(page)).toContain("Named 3 faces");
  });

  it("hears of names given elsewhere", async () => {
    await test.goto("/people");
    await person("Ada").waitFor();
    await fetch(`${test.url}/api/v1/persons`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "Elsewhere" }),
    });
    await person("Elsewhere").waitFor();
  });

  it.each(["/people", "/people/:id", "/people/:id?tab=faces", "/history", "/photo"])(
    "names every control of %s, has its headings in order, and shows where the keyboard is",
    async (pattern) => {
      const path = pattern.replace(":id", await idOf("Ada"));
      await test.goto(path === "/photo" ? `/photo/${test.idOf("olive.jpg")}` : path);
      await page.locator("h1").first().waitFor();
      if (path === "/photo") await page.keyboard.press("f");
      await page.waitForTimeout(300);
      expect(await namelessOf(page)).toEqual([]);
      const levels = await headingLevelsOf(page);
      expect(levels[0]).toBe(1);
      for (let i = 1; i < levels.length; i++) expect(levels[i]! - levels[i - 1]!).toBeLessThanOrEqual(1);
      const unseen: string[] = [];
      for (let i = 0; i < 25; i++) {
        await page.keyboard.press("Tab");
        const stop = await focusRingOf(page);
        if (!stop.isSeen) unseen.push(stop.name);
      }
      expect(unseen).toEqual([]);
    },
  );

  it.each([320, 360, 1280])("fits a screen of %i pixels, also with the longest name", async (width) => {
    const id = await idOf("Ben 山田 <b>").catch(() => idOf("W".repeat(255)));
    await fetch(`${test.url}/api/v1/persons/${id}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "W".repeat(255) }),
    });
    await page.setViewportSize({ width, height: 700 });
    const tooWide: string[] = [];
    const paths = ["/people", `/people/${id}`, `/people/${id}?tab=faces`, "/people/review", "/history"];
    for (const path of [...paths, `/photo/${test.idOf("olive.jpg")}`]) {
      await test.goto(path);
      await page.locator("main h1, .stage-photo").first().waitFor();
      await page.waitForTimeout(300);
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (excess > 0) tooWide.push(`${path}: ${excess}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(tooWide).toEqual([]);
  });

  it("asks about faces that look like somebody, and takes yes for all of them", async () => {
    const id = await idOf("W".repeat(255));
    const { items } = (await api(`persons/${id}/faces`)) as unknown as { items: { id: number }[] };
    await fetch(`${test.url}/api/v1/persons/${id}`, { method: "DELETE" });
    const known = items.slice(0, 3).map((face) => face.id);
    await fetch(`${test.url}/api/v1/faces/assign`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ faceIds: known, name: "Benno" }),
    });
    await expect.poll(() => suggestionsAbout("Benno"), { timeout: 30_000 }).toBeGreaterThan(0);
    await test.goto(`/people/${await idOf("Benno")}`);
    await page.getByRole("link", { name: /^Questions/ }).click();
    await page.getByRole("heading", { level: 1, name: /Benno/ }).waitFor();
    while ((await page.getByRole("heading", { name: "Nothing left to ask" }).count()) === 0) {
      await page.keyboard.press("y");
      await page.waitForTimeout(200);
    }
    expect(await facesOf("Benno")).toBe(items.length);
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { level: 1, name: "Benno" }).waitFor();
  });
});

describe.skipIf(!hasBrowser())("the people page without faces", () => {
  it("says that there are none yet and how to get some", async () => {
    const test = await openWebTest({ files: { "red.jpg": await drawPhoto("red") } });
    try {
      await test.goto("/people");
      await test.page.getByRole("heading", { name: "No faces yet" }).waitFor();
      await test.page.getByRole("link", { name: "See models" }).click();
      await test.page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
    } finally {
      await test.close();
    }
  });
});

const IDENTITIES = "photos/people/ten-identities/images";
const PICTURED = ["Ariel_Sharon", "Colin_Powell", "Tony_Blair"];

describe.skipIf(!hasBrowser() || !hasShared("people of real photos in the browser", IDENTITIES))(
  "the people pages with real photos",
  () => {
    it("show groups of real faces; naming one finds the photos of that person only", async () => {
      const files = Object.fromEntries(
        PICTURED.flatMap((folder) =>
          readdirSync(sharedPath(`${IDENTITIES}/${folder}`))
            .slice(0, 6)
            .map((name) => [name, readFileSync(sharedPath(`${IDENTITIES}/${folder}/${name}`))] as const),
        ),
      );
      const test = await openWebTest({ files });
      try {
        // Test libraries leave grouping to whoever wants it.
        await fetch(`${test.url}/api/v1/queues/faces.tidy/resume`, { method: "POST" });
        await test.goto("/people");
        const card = test.page.locator(".cluster-card").first();
        await card.locator(".field").fill("Somebody");
        await test.page.keyboard.press("Enter");
        await test.page.getByRole("link", { name: /^Somebody, / }).click();
        await test.page.locator(".tile-link").nth(3).waitFor();
        const shown = await test.page
          .locator(".tile-link")
          .evaluateAll((links) => links.map((link) => link.getAttribute("aria-label")!));
        const people = new Set(shown.map((label) => label.replace(/_\d+\.jpg.*/, "")));
        expect([...people]).toHaveLength(1);
        expect(test.offences.errors).toEqual([]);
      } finally {
        await test.close();
      }
    }, 180_000);
  },
);
