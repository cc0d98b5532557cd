import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../shared-files.ts";
import { hasBrowser } from "./open-browser.ts";
import { openWebTest, type WebTest } from "./open-web-test.ts";

/** Files of models as a mirror has them, by the last part of their address. */
const FILES: Readonly<Record<string, string>> = {
  "PP-OCRv6_det_tiny.onnx": "models/ocr/PP-OCRv6_det_tiny.onnx",
  "model.onnx": "models/face-detection/scrfd_2.5g.onnx",
};

const hasModels = hasShared("the page of models downloads", ...Object.values(FILES));

describe.skipIf(!hasBrowser() || !hasModels)("the page of models", () => {
  let test: WebTest;
  let mirror: Server;
  /** Whoever downloads gets half, and the rest when the test says so. */
  let rest = Promise.withResolvers<void>();

  async function send(name: string, response: ServerResponse): Promise<void> {
    const content = await readFile(sharedPath(FILES[name]!));
    const half = Math.floor(content.length / 2);
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, half));
    await rest.promise;
    response.end(content.subarray(half));
  }

  beforeAll(async () => {
    mirror = createServer(({ url }, response) => void send(url!.split("/").at(-1)!, response));
    await new Promise<void>((listening) => mirror.listen(0, "127.0.0.1", listening));
    const { port } = mirror.address() as AddressInfo;
    test = await openWebTest({
      files: {},
      settings: { KEEPSIGHT_OFFLINE: "false", KEEPSIGHT_MODEL_MIRROR: `http://127.0.0.1:${port}` },
    });
  });

  afterAll(async () => {
    rest.resolve();
    await test?.close();
    mirror?.close();
  });

  const rowOf = async (title: string) => {
    const { page } = test;
    await page.locator("details.model-others").evaluateAll((all) => {
      for (const details of all) (details as HTMLDetailsElement).open = true;
    });
    return page.locator("li.model").filter({ has: page.getByText(title, { exact: true }) });
  };

  it("downloads a model at a click, shows how far it is, and uses it", async () => {
    await test.goto("/models");
    await test.page.locator("li.model").first().waitFor();
    const row = await rowOf("PP-OCRv6 tiny text detector");
    await row.getByText("Apache-2.0").waitFor();
    await row.getByRole("button", { name: "Download" }).click();
    await row.getByRole("progressbar").waitFor();
    await row.getByText(/^\d+ kB of 1\.8 MB$/).waitFor();
    rest.resolve();
    await row.getByText("In use", { exact: true }).waitFor();
    expect(await row.getByRole("progressbar").count()).toBe(0);
  });

  it("shows the licence of a model that is not for everybody before it downloads it", async () => {
    rest = Promise.withResolvers();
    const row = await rowOf("SCRFD-2.5G face detector (buffalo_m)");
    await row.getByRole("button", { name: "Download" }).click();
    const question = test.page.getByRole("dialog");
    await question.getByText(/non-commercial research only/).waitFor();
    await question.getByRole("button", { name: "Cancel" }).click();
    expect(await row.getByRole("progressbar").count()).toBe(0);
    await row.getByRole("button", { name: "Download" }).click();
    await question.getByRole("button", { name: "Download" }).click();
    await row.getByRole("progressbar").waitFor();
    rest.resolve();
    await row.getByText("In use", { exact: true }).waitFor();
    expect(test.offences).toEqual({ errors: [], foreignRequests: [] });
  });
});
