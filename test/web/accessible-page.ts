/** What a page owes to keyboards and screen readers, asked of the browser. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Markup of the controls without a name, and of pictures without an alternative. */
export async function namelessOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const controls = new Set([
    "button",
    "link",
    "textbox",
    "combobox",
    "checkbox",
    "radio",
    "slider",
    "dialog",
    "image",
    "progressbar",
  ]);
  return nodes
    .filter((node) => !node.ignored && controls.has(String(node.role?.value)))
    .filter((node) => String(node.name?.value ?? "").trim() === "")
    .map((node) => String(node.role?.value));
}

/** Levels of the headings that a screen reader meets, in order. */
export function headingLevelsOf(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("h1, h2, h3, h4")]
      .filter((heading) => heading.checkVisibility() && heading.closest("[inert]") === null)
      .map((heading) => Number(heading.tagName.slice(1))),
  );
}

/** Whether what has the keyboard is drawn differently for it: an outline, a shadow, or a border. */
export function focusRingOf(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { name: "", isSeen: true };
    // The switch's input is hidden; the part of it that is seen is around it.
    const isHidden = element.classList.contains("visually-hidden");
    const style = getComputedStyle(isHidden ? element.parentElement! : element);
    const hasOutline = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
    return { name: element.outerHTML.slice(0, 120), isSeen: hasOutline || style.boxShadow !== "none" };
  });
}

/** Sums up from now on, for each page that is opened, by how much its parts were moved after they were seen. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = window as unknown as { shift: number };
    seen.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[])
        if (!entry.hadRecentInput) seen.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** What {@link watchShifts} saw of the page that is open: the share of the screen that moved, times how far. */
export function shiftOf(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { shift: number }).shift);
}

/** Findings that keep somebody from using a page, by axe-core: one line each. */
export async function seriousFindingsOf(page: Page): Promise<string[]> {
  // As source, since a page of this server runs no script of another address.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: checker } = window as unknown as { axe: typeof axe };
    const result = await checker.run(document, { resultTypes: ["violations"] });
    return result.violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.map(({ html }) => html.slice(0, 160)),
    }));
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, impact, where }) => where.map((html) => `${impact}: ${id}: ${html}`));
}
