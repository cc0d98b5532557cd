/** Albums, the map, categories, ignored strangers, and the page that leads to everything else. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto } from "../api/open-test-library.ts";
import { seriousFindingsOf } from "./accessible-page.ts";
import { hasBrowser } from "./open-browser.ts";
import { focusOf, openWebTest, tilesOf, type WebTest } from "./open-web-test.ts";

const ROME = { latitude: 41.9, longitude: 12.5 };

async function drawFiles(): Promise<Record<string, Buffer>> {
  const photo = (colour: string, day: string, place?: typeof ROME) =>
    drawPhoto(colour, { takenAt: `2024:02:${day} 12:00:00`, ...(place && { place }) });
  return {
    "forum.jpg": await photo("red", "01", ROME),
    "tiber.jpg": await photo("maroon", "02", { latitude: 41.901, longitude: 12.499 }),
    "louvre.jpg": await photo("blue", "03", { latitude: 48.8606, longitude: 2.3376 }),
    "tokyo.jpg": await photo("teal", "04", { latitude: 35.6812, longitude: 139.7671 }),
    "desk.jpg": await photo("gray", "05"),
    "kitchen.jpg": await photo("olive", "06"),
  };
}

describe.skipIf(!hasBrowser())("collections of photos in the web app", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest({ files: await drawFiles() });
  });

  afterAll(() => test?.close());

  afterEach(() => {
    expect(test.offences).toEqual({ errors: [], foreignRequests: [] });
  });

  const notice = (text: string) => test.page.locator(".notice").getByText(text, { exact: true }).waitFor();
  const undo = () => test.page.locator(".notice").getByRole("button", { name: "Undo" }).last().click();
  const tile = (name: string) =>
    test.page.getByRole("link", { name: new RegExp(`^${name.replace(".", "\\.")}`) });
  const heading = (name: string) => test.page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
  const send = async (path: string, body: object) => {
    const response = await fetch(`${test.url}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { id: string };
  };
  const makeAlbum = async (title: string, ...names: string[]) =>
    (await send("/albums", { title, photoIds: names.map((name) => test.idOf(name)) })).id;
  const choose = async (...names: string[]) => {
    for (const name of names) {
      await tile(name).focus();
      await test.page.keyboard.press("Space");
    }
  };

  describe("albums", () => {
    it("are made of chosen photos, and stand among the others", async () => {
      const { page } = test;
      await test.goto("/");
      await tile("forum.jpg").waitFor();
      await choose("forum.jpg", "tiber.jpg");
      await page.getByRole("button", { name: "Album…" }).click();
      await page.getByLabel("New album").fill("Roman days");
      await page.keyboard.press("Enter");
      await page.getByText(/^2 photos added to .*Roman days/).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Albums" }).first().click();
      await page.getByRole("link", { name: /Roman days/ }).click();
      await heading("Roman days");
      await page.getByText("2 photos · February 2024").waitFor();
      await tile("forum.jpg").waitFor();
      expect((await tilesOf(page)).toSorted()).toEqual(["forum.jpg", "tiber.jpg"]);
    });

    it("get another title, and the old one back", async () => {
      const { page } = test;
      await test.goto(`/albums/${await makeAlbum("Draft", "desk.jpg")}`);
      await page.getByRole("button", { name: "Rename" }).click();
      await page.getByLabel("Title").fill("At home");
      await page.keyboard.press("Enter");
      await heading("At home");
      await notice("Renamed");
      await undo();
      await heading("Draft");
    });

    it("lose chosen photos, and have them again after an undo by the keyboard", async () => {
      const { page } = test;
      await test.goto(`/albums/${await makeAlbum("Both", "desk.jpg", "kitchen.jpg")}`);
      await tile("desk.jpg").waitFor();
      await choose("desk.jpg");
      await page.getByRole("button", { name: "Take out of the album" }).click();
      await tile("desk.jpg").waitFor({ state: "detached" });
      expect(await tilesOf(page)).toEqual(["kitchen.jpg"]);
      await notice("1 photo taken out");
      await page.keyboard.press("Control+z");
      await tile("desk.jpg").waitFor();
    });

    it("show the photo that was made their cover", async () => {
      const { page } = test;
      await test.goto(`/albums/${await makeAlbum("Covered", "desk.jpg", "louvre.jpg")}`);
      await tile("louvre.jpg").waitFor();
      await choose("louvre.jpg");
      await page.getByRole("button", { name: "Use as cover" }).click();
      await notice("Cover changed");
      await test.goto("/albums");
      const cover = page.getByRole("link", { name: /Covered/ }).locator("img");
      expect(await cover.getAttribute("src")).toContain(`/photos/${test.idOf("louvre.jpg")}/`);
    });

    it("are deleted without their photos, and come back", async () => {
      const { page } = test;
      const id = await makeAlbum("Passing", "desk.jpg");
      await test.goto(`/albums/${id}`);
      await page.getByRole("button", { name: "Delete album" }).click();
      await page.getByText("Its photos stay in the library.").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Delete album" }).click();
      await heading("Albums");
      await notice("Album deleted");
      await page.locator(".album-grid").first().waitFor();
      await page.getByRole("link", { name: /Passing/ }).waitFor({ state: "detached" });
      await undo();
      await page.getByRole("link", { name: /Passing/ }).click();
      await tile("desk.jpg").waitFor();
    });

    it("are made empty, by the keyboard, and say so", async () => {
      const { page } = test;
      await test.goto("/albums");
      await page.getByRole("button", { name: "New album" }).click();
      // The dialog has the keyboard where something is to be typed.
      await page.getByRole("dialog").waitFor();
      await page.keyboard.type("Later");
      await page.keyboard.press("Enter");
      await heading("Later");
      await page.getByText("There are no photos in this album yet.").waitFor();
    });

    it("that are gone say so", async () => {
      await test.goto("/albums/00000000-0000-4000-8000-000000000000");
      await test.page.getByText("This album is not there any more.").waitFor();
      // The answer that says no is an error to the browser.
      test.offences.errors.splice(0);
    });
  });

  describe("the map", () => {
    const cells = () => test.page.locator(".map-photo");
    const waitForCells = (count: number) =>
      test.page.waitForFunction((n) => document.querySelectorAll(".map-photo").length === n, count);

    it("shows photos where they were taken, those of one place as one", async () => {
      await test.goto("/map");
      await waitForCells(3);
      const at = async (name: string) =>
        (await cells().and(test.page.getByLabel(name)).first().boundingBox())!;
      const rome = await at("2 photos taken here");
      const boxes = await cells().evaluateAll((links) => links.map((link) => link.getBoundingClientRect().x));
      // Paris is west of Rome and Tokyo far east of it.
      expect(boxes.filter((x) => x < rome.x)).toHaveLength(1);
      expect(Math.max(...boxes)).toBeGreaterThan(rome.x + 200);
    });

    it("draws the land in the colours of the theme", async () => {
      const { page } = test;
      await test.goto("/map");
      await waitForCells(3);
      await page.waitForFunction(() => {
        const canvas = document.querySelector<HTMLCanvasElement>(".world-canvas")!;
        if (canvas.width === 0) return false;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set<number>();
        for (let i = 0; i < data.length; i += 4 * 97) {
          if (data[i + 3] === 255) colours.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
        }
        // Black is no colour of either theme: it is what a canvas draws in that does not know a colour.
        return colours.size > 0 && !colours.has(0);
      });
    });

    it("opens the photos of a place, and a single photo at once", async () => {
      const { page } = test;
      await test.goto("/map");
      await waitForCells(3);
      await page.getByRole("link", { name: "2 photos taken here" }).click();
      await tile("forum.jpg").waitFor();
      expect((await tilesOf(page)).toSorted()).toEqual(["forum.jpg", "tiber.jpg"]);
      await page.goBack();
      await waitForCells(3);
      await cells().last().focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: /^(louvre|tokyo)\.jpg$/ }).waitFor();
    });

    it("is moved and zoomed by the keyboard", async () => {
      const { page } = test;
      await test.goto("/map");
      await waitForCells(3);
      const map = page.getByRole("application");
      const place = async () => (await cells().and(page.getByLabel("2 photos taken here")).boundingBox())!;
      const before = await place();
      await map.focus();
      await page.keyboard.press("ArrowRight");
      expect((await place()).x).toBeCloseTo(before.x - 80, 0);
      await page.keyboard.press("ArrowLeft");
      // How far the places are apart; they may be put together anew meanwhile.
      const waitForSpread = (least: number, most: number) =>
        page.waitForFunction(
          ([from, to]) => {
            const links = [...document.querySelectorAll(".map-photo")];
            const xs = links.map((link) => link.getBoundingClientRect().x);
            const spread = Math.max(...xs) - Math.min(...xs);
            return xs.length === 3 && spread > from! && spread < to!;
          },
          [least, most],
        );
      const xs = await cells().evaluateAll((links) => links.map((link) => link.getBoundingClientRect().x));
      const spread = Math.max(...xs) - Math.min(...xs);
      await page.keyboard.press("-");
      await waitForSpread(spread * 0.4, spread * 0.6);
      await page.keyboard.press("+");
      await waitForSpread(spread * 0.9, spread * 1.1);
      expect(await focusOf(page)).toContain("Arrow keys move the map");
    });
  });

  describe("categories", () => {
    const card = (name: string) => test.page.locator(".category-list > li", { hasText: name });

    it("take other tags, which shows at once, and take them back", async () => {
      const { page } = test;
      await send("/categories", { name: "tools", tags: ["hammer"] });
      await test.goto("/categories");
      await page.getByRole("button", { name: "Change tools" }).click();
      await page.getByLabel("Tags").fill("hammer, saw, saw, ");
      await page.getByRole("button", { name: "Save" }).click();
      await card("tools").getByRole("link", { name: "saw" }).waitFor();
      expect(await card("tools").locator(".chip").allInnerTexts()).toEqual(["hammer", "saw"]);
      await undo();
      await card("tools").getByRole("link", { name: "saw" }).waitFor({ state: "detached" });
    });

    it("are made, lead to their photos, are deleted and come back", async () => {
      const { page } = test;
      const ids = ["desk.jpg", "kitchen.jpg"].map((name) => test.idOf(name));
      await send("/photos/bulk", { photoIds: ids, addTags: ["indoors"] });
      await test.goto("/categories");
      await page.getByRole("button", { name: "New category" }).click();
      await page.getByLabel("Name").fill("home");
      await page.getByLabel("Tags").fill("indoors");
      await page.getByRole("button", { name: "Save" }).click();
      await card("home").getByText("2 photos").waitFor();
      await page.getByRole("link", { name: "Show photos of home" }).click();
      await tile("desk.jpg").waitFor();
      expect((await tilesOf(page)).toSorted()).toEqual(["desk.jpg", "kitchen.jpg"]);
      await page.goBack();
      await page.getByRole("button", { name: "Delete home" }).click();
      await card("home").waitFor({ state: "detached" });
      await undo();
      await card("home").getByText("2 photos").waitFor();
    });
  });

  it("keeps ignored strangers where they can be brought back", async () => {
    const { page } = test;
    const box = { x: 0.2, y: 0.2, width: 0.3, height: 0.4 };
    const face = await send(`/faces/photos/${test.idOf("desk.jpg")}`, { box });
    await send("/faces/ignore", { faceIds: [face.id] });
    await test.goto("/people");
    await page.getByText("Ignored strangers").click();
    await page.getByRole("button", { name: `Bring back face ${face.id}` }).click();
    await page.getByText("Ignored strangers").waitFor({ state: "detached" });
    await undo();
    await page.getByText("Ignored strangers").waitFor();
  });

  it("have no serious finding of accessibility", async () => {
    const { page } = test;
    const id = await makeAlbum("Looked at", "desk.jpg", "louvre.jpg");
    await send("/concepts", { name: "Blueish", exampleIds: [test.idOf("louvre.jpg")] });
    const findings: string[] = [];
    for (const [path, landmark] of [
      ["/albums", ".album-card"],
      [`/albums/${id}`, ".tile-link"],
      ["/map", ".map-photo"],
      ["/categories", ".concepts .card"],
    ] as const) {
      await test.goto(path);
      await page.locator(landmark).first().waitFor();
      findings.push(...(await seriousFindingsOf(page)).map((finding) => `${path} ${finding}`));
    }
    expect(findings).toEqual([]);
  });

  it("are all within reach of the main navigation, with the way marked", async () => {
    const { page } = test;
    for (const name of ["Duplicates", "History", "Categories", "Jobs", "Models", "Statistics", "Settings"]) {
      await test.goto("/");
      await page.getByRole("link", { name: "More" }).first().click();
      await page
        .getByRole("main")
        .getByRole("link", { name: new RegExp(`^${name}`) })
        .click();
      await heading(name);
      expect(await page.getByRole("link", { name: "More" }).first().getAttribute("aria-current")).toBe(
        "page",
      );
    }
  });
});
