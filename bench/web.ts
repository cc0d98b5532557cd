/**
 * The timeline of the web app in a real browser: how soon thumbnails are there, what scrolling through ten years costs
 * the main thread, how much memory it takes, how long a jump to another month takes; beside a bare page that only moves
 * as many boxes. `npm run bench web [photos…]` (default 100000 1000000); needs Debian's Chromium.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLibrary } from "../src/app/open-library.ts";
import { serveLibrary } from "../src/app/serve-library.ts";
import { readConfig } from "../src/config.ts";
import { createLogger } from "../src/core/logger.ts";
import { openBrowser } from "../test/web/open-browser.ts";
import { measureBarePage, measureTimeline, type PageFigures } from "./web/measure-page.ts";
import { serveThumbnails } from "./web/serve-thumbnails.ts";
import { writeSyntheticLibrary } from "./web/synthetic-library.ts";

const YEARS = 10;

/** Prints a column for each number of photos. */
export async function run(args: string[]): Promise<void> {
  const counts = args.length > 0 ? args.map(Number) : [100_000, 1_000_000];
  for (const count of counts) {
    const directory = await mkdtemp(join(tmpdir(), "keepsight-bench-web-"));
    try {
      await writeSyntheticLibrary(directory, count, YEARS);
      await measure(directory, count);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

async function measure(directory: string, count: number): Promise<void> {
  const config = readConfig({
    KEEPSIGHT_DATA_DIR: directory,
    KEEPSIGHT_PORT: "0",
    KEEPSIGHT_OFFLINE: "true",
    KEEPSIGHT_ANALYSERS: "1",
  });
  const logger = createLogger("silent");
  const library = await openLibrary(config, logger, "owning");
  const server = await serveLibrary(config, logger, library, "0.0.0-bench");
  const front = await serveThumbnails(server.url);
  const browser = await openBrowser();
  try {
    const timeline = await measureTimeline(browser, front.url);
    const bare = await measureBarePage(browser, `${front.url}/bare`, timeline.boxes);
    print(count, timeline, bare);
  } finally {
    await browser.close();
    await front.close();
    await server.close();
    await library.close();
  }
}

function print(count: number, timeline: PageFigures, bare: PageFigures): void {
  const ms = (value: number | undefined) => (value === undefined ? "–" : `${value.toFixed(0)} ms`);
  const rows: [string, string, string][] = [
    [`${count.toLocaleString("en-GB")} photos, ${YEARS} years`, "timeline", "bare page"],
    ["boxes in the document", String(timeline.boxes), String(bare.boxes)],
    ["first thumbnails, cold", ms(timeline.firstThumbnailsMs), "–"],
    ["wheel, 120 frames: longest task, CPU", ms(timeline.wheel.longestTaskMs), ms(bare.wheel.longestTaskMs)],
    ["… main thread a frame, CPU", ms(timeline.wheel.perFrameMs), ms(bare.wheel.perFrameMs)],
    ["ten years, 120 frames: longest task, CPU", ms(timeline.years?.longestTaskMs), "–"],
    ["… main thread a frame, CPU", ms(timeline.years?.perFrameMs), "–"],
    ["jump to a month, first time", ms(timeline.jumpColdMs), "–"],
    ["jump to a month, from cache", ms(timeline.jumpCachedMs), "–"],
    ["memory of scripts before, after", timeline.heap ?? "–", bare.heap ?? "–"],
  ];
  for (const [name, mine, other] of rows)
    console.log(`${name.padEnd(42)} ${mine.padStart(16)} ${other.padStart(14)}`);
  console.log();
}
