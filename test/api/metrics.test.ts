import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
beforeAll(async () => {
  test = await openTestLibrary({ files: {} });
});
afterAll(() => test.close());

const readMetrics = async () => (await fetch(`${test.url}/metrics`)).text();

/** The value of a series; undefined where there is none. */
function valueOf(metrics: string, series: string): number | undefined {
  const line = metrics.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe("/metrics", () => {
  it("tells of steps, photos and caches what happened", async () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(await drawPhoto("red"))]), "red.jpg");
    await fetch(`${test.url}/api/v1/ingest`, { method: "POST", body: form });
    await test.library.runner.whenIdle();
    const search = async () =>
      ((await (await fetch(`${test.url}/api/v1/search?mode=keyword`)).json()) as { total: number }).total;
    expect(await search()).toBe(1);
    expect(await search()).toBe(1);
    const metrics = await readMetrics();
    expect(metrics).toMatch(/keepsight_step_seconds_count\{step="hash",status="done",model="[^"]+"\} 1/);
    expect(valueOf(metrics, 'keepsight_cache_requests_total{cache="search",result="hit"}')).toBeGreaterThan(
      0,
    );
    expect(metrics).toMatch(/keepsight_photos\{status="\w+"\} 1/);
    // What is written is found at once, whatever was remembered.
    const { items } = await test.library.photos.list({}, { sort: "newest", limit: 1, offset: 0 });
    await fetch(`${test.url}/api/v1/photos/${items[0]!.id}`, { method: "DELETE" });
    expect(await search()).toBe(0);
  });

  it("has every metric that the dashboard shows", async () => {
    const file = join(import.meta.dirname, "../../ops/grafana-dashboard.json");
    const dashboard = JSON.parse(readFileSync(file, "utf8")) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const metrics = await readMetrics();
    const wanted = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) =>
        [...expr.matchAll(/\b(?:keepsight|process|nodejs)_\w+/g)].map(([name]) => name),
      ),
    );
    expect(wanted.length).toBeGreaterThan(15);
    for (const name of new Set(wanted)) {
      const base = name.replace(/_(?:bucket|sum|count)$/, "");
      expect(metrics, name).toMatch(new RegExp(`^# TYPE (?:${name}|${base}) `, "m"));
    }
  });
});
