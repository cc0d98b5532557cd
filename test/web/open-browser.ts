import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's Chromium; another one by `CHROMIUM`. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Whether tests in a browser can run; says so once when not. */
export function hasBrowser(): boolean {
  const isThere = existsSync(CHROMIUM);
  if (!isThere)
    process.stderr.write(`skipped: tests in a browser (no ${CHROMIUM} here: apt-get install chromium)\n`);
  return isThere;
}

/** A headless browser that asks nobody but the server under test for anything. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** What a page should never do: errors in its console, and requests to another origin than its own. */
export interface PageOffences {
  readonly errors: string[];
  readonly foreignRequests: string[];
}

/** Records what a page does wrong from now on. */
export function watchPage(page: Page, origin: string): PageOffences {
  const offences: PageOffences = { errors: [], foreignRequests: [] };
  page.on("pageerror", (error) => offences.errors.push(error.message));
  page.on("console", (message) => {
    // The address is what tells which resource could not be loaded.
    if (message.type() === "error") offences.errors.push(`${message.text()} (${message.location().url})`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isOwn = url.origin === origin || url.protocol === "data:" || url.protocol === "blob:";
    if (!isOwn) offences.foreignRequests.push(request.url());
  });
  return offences;
}
