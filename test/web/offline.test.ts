/** The web app on a device that knew the server a moment ago. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser } from "./open-browser.ts";
import { openWebTest, type WebTest } from "./open-web-test.ts";

describe.skipIf(!hasBrowser())("the web app without its server", () => {
  let test: WebTest;

  beforeAll(async () => {
    test = await openWebTest({}, { viewport: { width: 390, height: 844 }, serviceWorkers: "allow" });
    await test.goto("/");
    await test.page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await test.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    // Everything once more, this time past what keeps it.
    await test.page.reload();
    await test.page.locator(".thumb img.is-loaded").nth(3).waitFor();
    await test.page.waitForFunction(async () => {
      const count = async (name: string) => (await (await caches.open(name)).keys()).length;
      return (await count("keepsight-pictures")) >= 4 && (await count("keepsight-answers")) >= 3;
    });
  });

  afterAll(() => test?.close());

  it("says nothing of keeping while the server answers", async () => {
    expect(await test.page.getByText(/cannot be reached/).count()).toBe(0);
  });

  it("keeps every file of the app, so that pages not visited yet open too", async () => {
    const kept = await test.page.evaluate(async () => {
      const [name] = (await caches.keys()).filter((key) => key.startsWith("keepsight-app-"));
      return (await (await caches.open(name!)).keys()).map((request) => new URL(request.url).pathname);
    });
    expect(kept).toContain("/");
    expect(kept.filter((path) => /^\/assets\/.*page-.*\.js$/.test(path)).length).toBeGreaterThan(5);
  });

  it("shows the timeline as it was, and says so", async () => {
    await test.stopServer();
    await test.page.reload();
    await test.page.locator(".thumb img.is-loaded").nth(3).waitFor();
    await test.page.getByText(/Keepsight cannot be reached. Shown as it was/).waitFor();
  });

  it("says of a page it has nothing of that the server cannot be reached, and nothing else", async () => {
    await test.goto("/stats");
    await test.page.getByText("Keepsight cannot be reached.").first().waitFor();
    expect(await test.page.locator(".bars").count()).toBe(0);
  });
});
