/**
 * Takes every page of the web app, on a desktop and on a phone, light and dark: `npm run screenshots -- <outDir> [name…]`.
 * `--library <dir>` keeps the sample library in a folder, for the next time; `--url <server>` takes the pages of a server that
 * runs already. Needs Chromium, and for the sample library the photos beside the repository. Ends with 1 when a page wrote
 * an error to the console, asked another origin for anything, or is wider than the screen.
 */
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserContext, Page } from "playwright-core";
import { openBrowser, type PageOffences, watchPage } from "./open-browser.ts";
import { startServer } from "../keepsight-server.ts";
import { serveSampleLibrary } from "./sample-library.ts";

const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
} as const;

/** One picture to take: where, and what to do there before. */
interface Shot {
  readonly name: string;
  readonly path: string;
  readonly act?: (page: Page) => Promise<void>;
}

/** Ids of photos in the library that show something. */
interface SamplePhotos {
  readonly any: number;
  readonly withText: number;
  readonly withObjects: number;
  readonly failed: number | undefined;
  readonly withFaces: number;
  readonly withPlace: number;
  readonly person: string | undefined;
  readonly cluster: string | undefined;
  readonly album: string | undefined;
}

function shotsOf(photos: SamplePhotos): Shot[] {
  return [
    { name: "timeline", path: "/" },
    { name: "timeline-deep", path: "/", act: async (page) => scrollToShare(page, 0.5) },
    {
      name: "timeline-chosen",
      path: "/",
      act: async (page) => {
        await page.locator(".tile-link").nth(1).focus();
        await page.keyboard.press("Space");
        await page.keyboard.press("Shift+ArrowRight");
      },
    },
    {
      name: "timeline-small",
      path: "/",
      act: async (page) => {
        await page.locator(".tile-link").first().waitFor();
        await page.keyboard.press("-");
        await page.keyboard.press("-");
      },
    },
    { name: "search-start", path: "/search" },
    { name: "search-words", path: "/search?q=dog" },
    { name: "search-suggest", path: "/", act: async (page) => typeSearch(page, "do") },
    {
      name: "search-filters",
      path: "/search?tag=person&object=person%3A0.6&from=2000&to=2030&hasFaces=true",
    },
    {
      name: "search-filter-menu",
      path: "/search?q=dog",
      act: async (page) => page.getByRole("button", { name: "Filter", exact: true }).click(),
    },
    { name: "search-empty", path: "/search?q=xyzzyplugh&tag=dog&mode=keyword" },
    { name: "photo", path: `/photo/${photos.withObjects}` },
    {
      name: "photo-objects",
      path: `/photo/${photos.withObjects}`,
      act: async (page) => {
        await page.keyboard.press("o");
        await page.keyboard.press("f");
      },
    },
    { name: "photo-text", path: `/photo/${photos.withText}`, act: async (page) => page.keyboard.press("t") },
    {
      name: "photo-overlay",
      path: "/",
      act: async (page) => {
        await page.locator(".tile-link").nth(2).click();
        await page.locator(".viewer").waitFor();
      },
    },
    {
      name: "photo-info",
      path: `/photo/${photos.any}`,
      act: async (page) => {
        if ((await page.locator(".panel").count()) === 0) await page.keyboard.press("i");
        await page.locator(".panel summary").click();
        await page.locator(".panel").evaluate((panel) => panel.scrollTo(0, panel.scrollHeight));
      },
    },
    {
      name: "photo-place",
      path: `/photo/${photos.withPlace}`,
      act: async (page) => {
        if ((await page.locator(".panel").count()) === 0) await page.keyboard.press("i");
      },
    },
    { name: "photo-part", path: `/photo/${photos.any}`, act: async (page) => page.keyboard.press("s") },
    ...(photos.failed === undefined ? [] : [{ name: "photo-failed", path: `/photo/${photos.failed}` }]),
    ...peopleShots(photos),
    ...findingShots(photos),
    ...collectionShots(photos),
    ...tidyingShots(),
    { name: "jobs", path: "/jobs" },
    { name: "jobs-failed", path: "/jobs?state=failed" },
    { name: "models", path: "/models" },
    { name: "stats", path: "/stats" },
    { name: "not-found", path: "/nowhere" },
    { name: "help", path: "/", act: async (page) => page.keyboard.press("?") },
  ];
}

/** What search understands, narrows, keeps and learns. */
function findingShots({ any }: SamplePhotos): Shot[] {
  return [
    { name: "search-understood", path: "/search?q=dog+in+2014+camra%3ANikon" },
    {
      name: "search-chip",
      path: "/search?q=has%3Afaces+person",
      act: async (page) => page.locator(".understood .chip-main").first().click(),
    },
    {
      name: "search-facets",
      path: "/search?hasGps=true",
      act: async (page) =>
        page
          .locator(".facets:not([open]) summary")
          .click({ timeout: 500 })
          .catch(() => {}),
    },
    { name: "search-like", path: `/search?like=${any}%3A0.2,0.2,0.5,0.5` },
    {
      name: "search-save",
      path: "/search?q=dog",
      act: async (page) => page.getByRole("button", { name: "Save search" }).click(),
    },
    {
      name: "search-teach",
      path: "/search?hasFaces=true",
      act: async (page) => {
        await chooseFirst(page);
        await page.getByRole("button", { name: "Teach" }).click();
      },
    },
    { name: "search-chosen", path: "/search?q=person", act: chooseFirst },
  ];
}

function collectionShots({ album }: SamplePhotos): Shot[] {
  return [
    { name: "albums", path: "/albums" },
    {
      name: "albums-new",
      path: "/albums",
      act: async (page) => page.getByRole("button", { name: "New album" }).click(),
    },
    ...(album === undefined
      ? []
      : [
          { name: "album", path: `/albums/${album}` },
          { name: "album-chosen", path: `/albums/${album}`, act: chooseFirst },
        ]),
    {
      name: "album-add",
      path: "/",
      act: async (page) => {
        await chooseFirst(page);
        await page.getByRole("button", { name: "Album…" }).click();
      },
    },
    { name: "map", path: "/map" },
    {
      name: "map-near",
      path: "/map",
      act: async (page) => {
        await page.getByRole("application").focus();
        for (let i = 0; i < 3; i++) await page.keyboard.press("+");
      },
    },
  ];
}

function tidyingShots(): Shot[] {
  return [
    { name: "duplicates", path: "/duplicates" },
    { name: "duplicates-deep", path: "/duplicates", act: async (page) => scrollToEnd(page) },
    { name: "duplicates-decided", path: "/duplicates?state=resolved" },
    {
      name: "duplicates-compare",
      path: "/duplicates",
      act: async (page) => page.getByRole("button", { name: "Compare" }).first().click(),
    },
    {
      name: "duplicates-all",
      path: "/duplicates",
      act: async (page) => page.getByRole("button", { name: "Decide all sure ones" }).click(),
    },
    { name: "categories", path: "/categories" },
    {
      name: "categories-edit",
      path: "/categories",
      act: async (page) =>
        page
          .getByRole("button", { name: /^Change / })
          .first()
          .click(),
    },
    { name: "settings", path: "/settings" },
    { name: "settings-deep", path: "/settings", act: async (page) => scrollToEnd(page) },
    { name: "tools", path: "/tools" },
  ];
}

function peopleShots({ withFaces, person, cluster }: SamplePhotos): Shot[] {
  const faces = `/photo/${withFaces}`;
  return [
    { name: "people", path: "/people" },
    {
      name: "people-chosen",
      path: "/people",
      act: async (page) => {
        await page.locator(".person-card .choose-box").first().click({ force: true });
        await page.keyboard.press("Shift+ArrowRight");
      },
    },
    {
      name: "people-merge",
      path: "/people",
      act: async (page) => {
        await page.locator(".person-link").first().focus();
        await page.keyboard.press("Shift+ArrowRight");
        await page.getByRole("button", { name: "Merge…" }).click();
      },
    },
    {
      name: "people-naming",
      path: "/people",
      act: async (page) => page.locator(".cluster-card .field").first().pressSequentially("a", { delay: 30 }),
    },
    { name: "people-review", path: "/people/review" },
    { name: "history", path: "/history" },
    { name: "photo-faces", path: faces, act: async (page) => page.keyboard.press("f") },
    {
      name: "photo-face-menu",
      path: faces,
      act: async (page) => {
        await page.keyboard.press("f");
        await page.locator("button.overlay-box").first().click();
      },
    },
    { name: "photo-draw-face", path: faces, act: async (page) => page.keyboard.press("n") },
    ...(cluster === undefined ? [] : [{ name: "cluster", path: `/people/clusters/${cluster}` }]),
    ...(person === undefined ? [] : personShots(`/people/${person}`)),
  ];
}

function personShots(path: string): Shot[] {
  return [
    { name: "person", path },
    {
      name: "person-faces",
      path: `${path}?tab=faces`,
      act: async (page) => {
        await page.locator(".face-link").first().focus();
        await page.keyboard.press("Space");
      },
    },
    {
      name: "person-rename",
      path,
      act: async (page) =>
        page
          .getByRole("button", { name: /^Rename/ })
          .first()
          .click(),
    },
  ];
}

async function scrollToEnd(page: Page): Promise<void> {
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
}

async function chooseFirst(page: Page): Promise<void> {
  await page.locator(".tile-link").first().focus();
  await page.keyboard.press("Space");
}

async function scrollToShare(page: Page, share: number): Promise<void> {
  await page.locator(".tile").first().waitFor();
  await page.evaluate((part) => scrollTo(0, document.documentElement.scrollHeight * part), share);
}

async function typeSearch(page: Page, text: string): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type(text, { delay: 30 });
  await page.waitForTimeout(400);
}

/** Finds photos that show something, so that the script runs on any library; first ones where nothing fits. */
async function findSamples(baseUrl: string): Promise<SamplePhotos> {
  const first = async (query: string): Promise<number | undefined> => {
    const response = await fetch(`${baseUrl}/api/v1/photos?pageSize=1&${query}`);
    const page = (await response.json()) as { items?: { id: number }[] };
    return page.items?.[0]?.id;
  };
  const firstOf = async (path: string): Promise<{ id?: string; clusterId?: string } | undefined> => {
    const response = await fetch(`${baseUrl}/api/v1/${path}${path.includes("?") ? "&" : "?"}pageSize=1`);
    return ((await response.json()) as { items?: object[] }).items?.[0];
  };
  const any = (await first("status=completed")) ?? (await first("")) ?? 1;
  return {
    any,
    withText: (await first("hasText=true")) ?? any,
    withObjects: (await first("tag=person&hasFaces=true")) ?? (await first("tag=person")) ?? any,
    failed: await first("status=failed"),
    withFaces: (await first("hasFaces=true")) ?? any,
    withPlace: (await first("hasGps=true")) ?? any,
    person: (await firstOf("persons"))?.id,
    cluster: (await firstOf("faces/clusters"))?.clusterId,
    album: (await firstOf("albums?kind=made&sort=largest"))?.id,
  };
}

/** What a page did that it must not, in words. */
function complaintsOf({ errors, foreignRequests }: PageOffences): string[] {
  // Pictures of photos that cannot be decoded do not exist: the browser reports each as an error.
  const unexpected = errors.filter(
    (error) => !/status of 404.*(\/(thumbnail|preview)|\/photos\/\d+\))/.test(error),
  );
  return [...unexpected, ...foreignRequests.map((url) => `other origin: ${url}`)];
}

async function take(context: BrowserContext, shot: Shot, file: string, baseUrl: string): Promise<string[]> {
  const page = await context.newPage();
  const offences = watchPage(page, new URL(baseUrl).origin);
  await page.goto(baseUrl + shot.path);
  // Events keep one request open for ever, so there is no idle network to wait for.
  await page.waitForTimeout(700);
  await shot.act?.(page);
  await page.waitForTimeout(700);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.screenshot({ path: file });
  await page.close();
  return [...complaintsOf(offences), ...(overflow > 0 ? [`wider than the screen by ${overflow} px`] : [])];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { url: { type: "string" }, library: { type: "string" } },
    allowPositionals: true,
  });
  const [outDir, ...names] = positionals;
  if (outDir === undefined) {
    process.stderr.write("usage: npm run screenshots -- [--url URL | --library DIR] <outDir> [name…]\n");
    return 2;
  }
  if (values.url !== undefined) return takeAll(values.url, outDir, names);
  const directory = values.library ?? (await mkdtemp(join(tmpdir(), "keepsight-screenshots-")));
  const server = await serveSampleLibrary(directory);
  try {
    const bad = await takeAll(await server.url, outDir, names);
    return Math.max(bad, await takeFirstVisit(join(directory, "photos"), outDir, names));
  } finally {
    await server.stop();
    if (values.library === undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** Takes what somebody sees who has just installed it: an empty library, and folders to choose from. */
async function takeFirstVisit(photos: string, outDir: string, names: readonly string[]): Promise<number> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "keepsight-screenshots-"));
  const server = startServer({ folders: [], dataDirectory });
  const path = (page: Page) => page.locator("#folder-path");
  const shots: Shot[] = [
    { name: "welcome", path: "/" },
    {
      name: "welcome-folder",
      path: "/",
      act: async (page) => {
        await path(page).fill(photos);
        await page.getByRole("button", { name: "Browse…" }).click();
        await page.getByText(/on this machine$/).waitFor();
      },
    },
    ...["search", "people", "albums", "map", "jobs", "stats", "duplicates", "history"].map((name) => ({
      name: `welcome-${name}`,
      path: `/${name}`,
    })),
  ];
  try {
    return await takeShots(await server.url, outDir, chosen(shots, names));
  } finally {
    await server.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

const chosen = (shots: readonly Shot[], names: readonly string[]) =>
  shots.filter(({ name }) => names.length === 0 || names.includes(name));

/** Takes the pages with these names, or all; gives back the exit status. */
async function takeAll(baseUrl: string, outDir: string, names: readonly string[]): Promise<number> {
  const photos = await findSamples(baseUrl);
  return takeShots(baseUrl, outDir, chosen(shotsOf(photos), names));
}

async function takeShots(baseUrl: string, outDir: string, shots: readonly Shot[]): Promise<number> {
  mkdirSync(outDir, { recursive: true });
  const browser = await openBrowser();
  let bad = 0;
  for (const [device, options] of Object.entries(DEVICES)) {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ ...options, colorScheme, serviceWorkers: "block" });
      for (const shot of shots) {
        const file = join(outDir, `${shot.name}-${device}-${colorScheme}.png`);
        const complaints = await take(context, shot, file, baseUrl);
        bad += complaints.length;
        process.stdout.write(`${file}${complaints.map((text) => `\n  ${text}`).join("")}\n`);
      }
      await context.close();
    }
  }
  await browser.close();
  return bad > 0 ? 1 : 0;
}

// A signal ends the server, too: see the listeners of "exit".
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
