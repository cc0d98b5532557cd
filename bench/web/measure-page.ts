/** What a page does in the browser, in figures. */
import type { Browser, CDPSession, Page } from "playwright-core";
import { busyTimeOf, startTrace } from "./trace.ts";

/** Cost of a scripted scroll. */
interface ScrollFigures {
  /** Longest task of the main thread, milliseconds of its own CPU time. */
  readonly longestTaskMs: number;
  /** CPU time of the main thread a frame, milliseconds. */
  readonly perFrameMs: number;
}

/** Figures of one page. */
export interface PageFigures {
  readonly boxes: number;
  readonly wheel: ScrollFigures;
  readonly years?: ScrollFigures;
  readonly firstThumbnailsMs?: number;
  readonly jumpColdMs?: number;
  readonly jumpCachedMs?: number;
  /** Of scripts, megabytes, before and after scrolling. */
  readonly heap?: string;
}

const WHEEL_FRAMES = 120;
const WHEEL_PIXELS = 400;
const YEARS_FRAMES = 120;

/** Shares of the timeline that are jumped to. */
const PLACES = [0.9, 0.15, 0.6, 0.35];

/** Opens the timeline and scrolls it. */
export async function measureTimeline(browser: Browser, url: string): Promise<PageFigures> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(240_000);
  const session = await page.context().newCDPSession(page);
  const startedAt = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await waitForScreen(page);
  const firstThumbnailsMs = performance.now() - startedAt;
  // The rest of a large library is still on its way.
  await page.locator(".scrubber-year").nth(5).waitFor();
  const boxes = await page.locator(".tile").count();
  const before = await heapOf(session);
  const wheel = await traced(session, WHEEL_FRAMES, () =>
    page.evaluate(scrollByWheel, { frames: WHEEL_FRAMES, pixels: WHEEL_PIXELS }),
  );
  const years = await traced(session, YEARS_FRAMES, () => page.evaluate(dragScrubber, YEARS_FRAMES));
  const after = await heapOf(session);
  const jumps: number[] = [];
  // The second time every picture is in the browser's cache.
  for (const share of [...PLACES, ...PLACES]) {
    const from = performance.now();
    await page.evaluate(jumpTo, share);
    await waitForScreen(page);
    jumps.push(performance.now() - from);
  }
  await page.close();
  return {
    boxes,
    wheel,
    years,
    firstThumbnailsMs,
    jumpColdMs: Math.max(...jumps.slice(0, PLACES.length)),
    jumpCachedMs: Math.max(...jumps.slice(PLACES.length)),
    heap: `${before} → ${after} MB`,
  };
}

/** Opens a page without anything and moves as many boxes over it, as far. */
export async function measureBarePage(browser: Browser, url: string, boxes: number): Promise<PageFigures> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const session = await page.context().newCDPSession(page);
  await page.goto(url);
  await page.evaluate(placeBoxes, boxes);
  const before = await heapOf(session);
  const wheel = await traced(session, WHEEL_FRAMES, () =>
    page.evaluate(scrollByWheel, { frames: WHEEL_FRAMES, pixels: WHEEL_PIXELS }),
  );
  const after = await heapOf(session);
  await page.close();
  return { boxes, wheel, heap: `${before} → ${after} MB` };
}

async function traced(
  session: CDPSession,
  frames: number,
  action: () => Promise<unknown>,
): Promise<ScrollFigures> {
  const stop = await startTrace(session);
  await action();
  const { longestMs, totalMs } = busyTimeOf(await stop());
  return { longestTaskMs: longestMs, perFrameMs: totalMs / frames };
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return Math.round(usedSize / 1e6);
}

/** Waits until every place on the screen shows its picture. */
async function waitForScreen(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      const onScreen = [...document.querySelectorAll(".tile")].filter((tile) => {
        const { top, bottom } = tile.getBoundingClientRect();
        return bottom > 64 && top < innerHeight;
      });
      return onScreen.length > 3 && onScreen.every((tile) => tile.querySelector("img.is-loaded"));
    },
    undefined,
    { polling: "raf" },
  );
}

// What follows runs in the page.

async function scrollByWheel({ frames, pixels }: { frames: number; pixels: number }): Promise<void> {
  for (let i = 0; i < frames; i++) {
    scrollBy({ top: pixels, behavior: "instant" });
    await new Promise(requestAnimationFrame);
  }
}

async function dragScrubber(frames: number): Promise<void> {
  const scrubber = document.querySelector(".scrubber")!;
  // A pointer that is not really there cannot be captured.
  scrubber.setPointerCapture = () => undefined;
  const { top, height, left } = scrubber.getBoundingClientRect();
  const send = (type: string, share: number) =>
    scrubber.dispatchEvent(
      new PointerEvent(type, {
        bubbles: true,
        pointerId: 1,
        button: 0,
        clientX: left + 5,
        clientY: top + share * height,
      }),
    );
  send("pointerdown", 0);
  for (let i = 0; i <= frames; i++) {
    send("pointermove", i / frames);
    await new Promise(requestAnimationFrame);
  }
  send("pointerup", 1);
}

function jumpTo(share: number): void {
  const scrubber = document.querySelector(".scrubber")!;
  const { top, height, left } = scrubber.getBoundingClientRect();
  for (const type of ["pointerdown", "pointerup"]) {
    scrubber.dispatchEvent(
      new PointerEvent(type, {
        bubbles: true,
        pointerId: 1,
        button: 0,
        clientX: left + 5,
        clientY: top + share * height,
      }),
    );
  }
}

function placeBoxes(count: number): void {
  const sheet = document.getElementById("sheet")!;
  const boxes = Array.from({ length: count }, () => sheet.appendChild(document.createElement("div")));
  const place = () => {
    boxes.forEach((box, i) => {
      const row = Math.floor(i / 5);
      box.style.cssText = `left:${(i % 5) * 256}px;top:${scrollY - 640 + row * 220}px;width:252px;height:216px`;
    });
  };
  addEventListener("scroll", () => requestAnimationFrame(place));
  place();
}
