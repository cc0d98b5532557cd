import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { createSettingsStore } from "./settings-store.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

describe("createSettingsStore", () => {
  it("keeps, replaces and removes values", async () => {
    const settings = createSettingsStore({ database: test.database });
    expect(await settings.get("a")).toBeUndefined();
    await settings.set("a", { deep: [1, null] });
    await settings.set("a", { deep: [2, null] });
    expect(await settings.get("a")).toEqual({ deep: [2, null] });
    await settings.remove("a");
    expect(await settings.get("a")).toBeUndefined();
  });
});
