import { describe, expect, it } from "vitest";
import { createChangeLog, createChangeLogMemory } from "./change-log.ts";

/** The log as the writer and as a reader in another thread have it. */
function openLog() {
  const memory = createChangeLogMemory();
  return { writer: createChangeLog(memory), reader: createChangeLog(memory) };
}

describe("createChangeLog", () => {
  it("tells of photos that were noted once they are published", () => {
    const { writer, reader } = openLog();
    const mark = reader.mark();
    writer.note(7);
    writer.note(9);
    writer.note(7);
    expect(reader.since(mark)).toEqual(new Uint32Array());
    writer.publish();
    expect(reader.since(mark)).toEqual(Uint32Array.of(7, 9));
    expect(reader.since(reader.mark())).toEqual(new Uint32Array());
  });

  it("says so when more was written than it holds, at once or little by little", () => {
    const { writer, reader } = openLog();
    const mark = reader.mark();
    for (let id = 0; id < 40_000; id++) writer.note(id);
    writer.publish();
    expect(reader.since(mark)).toBeUndefined();
    const next = reader.mark();
    for (let id = 0; id < 40_000; id++) {
      writer.note(id);
      if (id % 1000 === 0) writer.publish();
    }
    expect(reader.since(next)).toBeUndefined();
    const last = reader.mark();
    writer.publish();
    expect(reader.since(last)).toHaveLength(999);
  });

  it("forgets what was known before it is kept anew", () => {
    const { writer, reader } = openLog();
    expect(reader.isKept()).toBe(false);
    const mark = reader.mark();
    writer.keep();
    expect(reader.isKept()).toBe(true);
    expect(reader.since(mark)).toBeUndefined();
  });

  it("tells that names have changed to whoever reads these", () => {
    const { writer, reader } = openLog();
    const [tags, persons] = ['select from "photo_tags" join "tags"', 'select from "persons"'];
    const before = [tags, persons].map((query) => reader.namesVersion(query));
    writer.noteNames("tags");
    writer.publish();
    expect(reader.namesVersion(tags)).not.toBe(before[0]);
    expect(reader.namesVersion(persons)).toBe(before[1]);
    // A table whose name only begins alike.
    expect(reader.namesVersion('select from "photo_tags"')).toBe(0);
  });
});
