/** Names and texts that want to be something else: on every page they are text, and no page becomes wider for them. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATABASE_FILE } from "../../src/database/database.ts";
import { drawPhoto, drawWord } from "../api/open-test-library.ts";
import { hasBrowser } from "./open-browser.ts";
import { openWebTest, type WebTest } from "./open-web-test.ts";

const SCRIPT = `<img src=x onerror="window.wasHacked=true"><script>window.wasHacked=true</script>`;
const LONG = "Donaudampfschiff".repeat(63).slice(0, 1000);
const RTL = "\u202Eمرحبا بالعالم\u202E";
const EMOJI = "👩‍👩‍👧‍👦🏳️‍🌈".repeat(8);

/** Everything at once, as long as a file name may be. */
const FILE_NAMES = [
  `<img src=x onerror=window.wasHacked=1> ${RTL}.png`,
  `${EMOJI.slice(0, 40)} "'&amp;{{7*7}}.jpg`,
  `${"W".repeat(230)}.jpg`,
];

describe.skipIf(!hasBrowser())("every page, with hostile names and texts", () => {
  let test: WebTest;
  let personId: string;
  let albumId: string;

  beforeAll(async () => {
    test = await openWebTest(
      {
        files: {
          [FILE_NAMES[0]!]: await drawWord("EXIT"),
          [FILE_NAMES[1]!]: await drawPhoto("red", { takenAt: "2024:02:03 10:00:00", camera: "<b>Box</b>" }),
          [FILE_NAMES[2]!]: await drawPhoto("blue", { takenAt: "2023:02:03 10:00:00" }),
          [`<b> ${FILE_NAMES[2]!}`]: await drawPhoto("blue", { takenAt: "2023:02:03 10:00:00" }),
        },
      },
      { viewport: { width: 360, height: 740 } },
    );
    // What a file's metadata and the reader of text may say.
    const database = new DatabaseSync(join(test.dataDirectory, DATABASE_FILE), { timeout: 5000 });
    database
      .prepare("update photos set title = ?, description = ?")
      .run(`${SCRIPT}${LONG}`, `${LONG} ${RTL}`);
    database.prepare("update text_lines set text = ?").run(`${SCRIPT}${LONG}${RTL}`);
    database
      .prepare("update tags set name = ? where id = (select min(id) from tags)")
      .run(`${SCRIPT}${EMOJI}`);
    database.close();
    for (const [i, name] of [`${SCRIPT}${RTL}`, LONG.slice(0, 255)].entries()) {
      const response = await fetch(`${test.url}/api/v1/faces/photos/${test.idOf(FILE_NAMES[1]!)}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ box: { x: 0.1 + i * 0.4, y: 0.2, width: 0.3, height: 0.4 }, name }),
      });
      const drawn = (await response.json()) as { personId: string };
      personId = drawn.personId;
    }
  });

  beforeAll(async () => {
    const send = async (path: string, body: object) => {
      const response = await fetch(`${test.url}/api/v1${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect([path, response.ok]).toEqual([path, true]);
      return (await response.json()) as { id: string };
    };
    const photoIds = FILE_NAMES.map((name) => test.idOf(name));
    const title = `${SCRIPT.slice(0, 60)}${LONG.slice(0, 100)}${RTL}`;
    albumId = (await send("/albums", { title, photoIds })).id;
    await send("/searches", { name: title, query: "q=exit" });
    await send("/categories", {
      name: title.slice(0, 90),
      tags: [LONG.slice(0, 90), SCRIPT, EMOJI.slice(0, 90), RTL],
    });
    await send("/concepts", { name: title.slice(0, 90), exampleIds: photoIds });
  });

  afterAll(() => test?.close());

  const pages = (): (readonly [string, string])[] => [
    ["/", ".tile-link"],
    [`/search?q=${encodeURIComponent(SCRIPT + LONG.slice(0, 200))}`, "main"],
    [`/search?camera=${encodeURIComponent("<b>Box</b>")}&tag=${encodeURIComponent(SCRIPT)}`, "main"],
    ["/search?from=2023", ".tile-link"],
    [`/photo/${test.idOf(FILE_NAMES[0]!)}`, ".stage-photo"],
    [`/photo/${test.idOf(FILE_NAMES[1]!)}`, ".stage-photo"],
    ["/people", ".person-card"],
    [`/people/${personId}`, ".person-head"],
    ["/people/review", "main h1"],
    ["/history", "main li"],
    ["/search", ".search-start .chip"],
    ["/albums", ".album-card"],
    [`/albums/${albumId}`, ".tile-link"],
    ["/map", "main h1"],
    ["/categories", ".concepts .card"],
    ["/duplicates", ".duplicate-group"],
    ["/settings", ".settings-list > li"],
    ["/tools", ".tool"],
    ["/jobs", ".job"],
    ["/stats", ".bars"],
    ["/models", ".model"],
    [`/${encodeURIComponent(SCRIPT)}`, "main h1"],
  ];

  it("shows them as text", async () => {
    const { page } = test;
    const harm: unknown[] = [];
    for (const [path, landmark] of pages()) {
      await test.goto(path);
      await page.locator(landmark).first().waitFor();
      for (const key of path.startsWith("/photo/") ? ["i", "f", "o", "t"] : [])
        await page.keyboard.press(key);
      const found = await page.evaluate(() => ({
        wasHacked: (window as unknown as { wasHacked?: unknown }).wasHacked,
        foreign: document.querySelectorAll('img[src="x"], body script:not([src]), b').length,
        excess: Math.max(0, document.documentElement.scrollWidth - innerWidth),
      }));
      if (found.wasHacked !== undefined || found.foreign > 0 || found.excess > 0)
        harm.push([path.slice(0, 40), found]);
    }
    expect(harm).toEqual([]);
  }, 120_000);

  it("copies what was read in a photo with all its signs", async () => {
    const { page } = test;
    await test.goto(`/photo/${test.idOf(FILE_NAMES[0]!)}`);
    await page.locator(".stage-photo").waitFor();
    if ((await page.locator(".panel").count()) === 0) await page.keyboard.press("i");
    await page.getByRole("button", { name: "Copy text" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(`${SCRIPT}${LONG}${RTL}`);
  });

  it("makes no error and asks no other server for anything", () => {
    expect(test.offences.foreignRequests).toEqual([]);
    expect(test.offences.errors.filter((error) => !error.includes("status of 4"))).toEqual([]);
  });
});
