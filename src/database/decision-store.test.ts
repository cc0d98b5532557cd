import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDecisionStore, type DecisionStore } from "./decision-store.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";

let test: TestDatabase;
let decisions: DecisionStore;
beforeEach(async () => {
  test = await openTestDatabase();
  decisions = createDecisionStore({ database: test.database });
});
afterEach(() => test.remove());

const decide = (kind: string) =>
  decisions.append({ kind, actor: "ada", payload: { kind }, inverse: { undo: [kind] } });

describe("createDecisionStore", () => {
  it("gives back what was appended", async () => {
    const decision = await decide("name");
    expect(decision).toMatchObject({
      kind: "name",
      actor: "ada",
      payload: { kind: "name" },
      inverse: { undo: ["name"] },
    });
    expect(await decisions.get(decision.id)).toEqual(decision);
    expect(await decisions.get(decision.id + 1)).toBeUndefined();
  });

  it("lists newest first, by kind where asked", async () => {
    for (const kind of ["name", "merge", "name"]) await decide(kind);
    const all = await decisions.list({ limit: 2, offset: 1 });
    expect(all.map(({ kind }) => kind)).toEqual(["merge", "name"]);
    const names = await decisions.list({ kinds: ["name"], limit: 9, offset: 0 });
    expect(names).toHaveLength(2);
    expect(await decisions.count(["name", "split"])).toBe(2);
    expect(await decisions.count()).toBe(3);
  });

  it("undoes a decision once, and only one that exists", async () => {
    const { id } = await decide("name");
    const undo = (undoes: number) =>
      decisions.append({ kind: "undo", actor: "ada", payload: null, inverse: null, undoes });
    expect(await undo(id)).toMatchObject({ undoes: id });
    await expect(undo(id)).rejects.toMatchObject({ code: "conflict" });
    await expect(undo(id + 99)).rejects.toThrow("FOREIGN KEY");
  });

  it("can neither be changed nor deleted", async () => {
    await decide("name");
    const { writes } = test.database;
    await expect(writes.updateTable("decisions").set({ actor: "eve" }).execute()).rejects.toThrow(
      "append-only",
    );
    await expect(writes.deleteFrom("decisions").execute()).rejects.toThrow("append-only");
    expect(await decisions.count()).toBe(1);
  });
});
