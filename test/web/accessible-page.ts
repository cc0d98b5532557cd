/** What a page owes to keyboards and screen readers, asked of the browser. */
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
