import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { openDatabase } from "../../src/database/database.ts";
import { createDuplicateStore } from "../../src/database/duplicates/duplicate-store.ts";

const PAGE = 50;
const MEMBERS = 12;
const ROUNDS = 30;
const OPEN = { state: "open", kinds: ["exact", "copy", "near"], sort: "space" } as const;

/** Prints what pages of so many groups cost, with their members and photos, beside plain SQL that reads as many ids. */
export async function benchGroups(groups: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "keepsight-groups-"));
  const database = await openDatabase({ directory });
  try {
    await sql`
      insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, status)
      select value, '/p/' || value || '.jpg', value || '.jpg', 1000 + value % 7919, 0, value, value / 100, 'file', 0, 'completed'
      from (${seriesTo(2 * groups)})
    `.execute(database.writes);
    await sql`
      insert into duplicate_groups (id, kind, state, score, primary_photo_id, suggested_keeper_id, member_count, total_bytes,
        reclaimable_bytes, created_at, updated_at)
      select value, case value % 3 when 0 then 'exact' when 1 then 'copy' else 'near' end, 'open', 0.9, 2 * value - 1,
        2 * value - 1, 2, 2000, 1000 + value * 7919 % 104729, value, value
      from (${seriesTo(groups)})
    `.execute(database.writes);
    await sql`
      insert into duplicate_members (group_id, photo_id, kind, score, added_by, is_burst, is_active)
      select (value + 1) / 2, value, 'copy', 0.9, 'algorithm', 0, 1 from (${seriesTo(2 * groups)})
    `.execute(database.writes);
    const store = createDuplicateStore({ database, choose: (photos) => photos[0]! });
    const page = async (offset: number) => {
      const found = await store.list({ ...OPEN, limit: PAGE, offset });
      await store.members(
        found.map(({ id }) => id),
        MEMBERS,
      );
      await store.count(OPEN);
    };
    const plain = (offset: number) =>
      sql`select id from duplicate_groups order by id limit ${PAGE} offset ${offset}`.execute(database.reads);
    console.log(
      `\n${groups} groups, a page of ${PAGE} with members, photos and the total (median of ${ROUNDS}, wall clock)`,
    );
    for (const [name, offset] of [
      ["first page", 0],
      ["a page in the middle", Math.floor(groups / 2)],
      ["the last page", groups - PAGE],
    ] as const) {
      const [ours, theirs] = [await median(() => page(offset)), await median(() => plain(offset))];
      console.log(
        `${name.padEnd(28)}${ours.toFixed(1)} ms; ids alone in plain SQL ${theirs.toFixed(1)} ms; ${(ours / theirs).toFixed(1)} ×`,
      );
    }
    const counts = await median(() => store.stats());
    const scan = await median(() =>
      sql`select sum(reclaimable_bytes), sum(member_count) from duplicate_groups`.execute(database.reads),
    );
    console.log(
      `${"counts and sums".padEnd(28)}${counts.toFixed(1)} ms; one pass in plain SQL ${scan.toFixed(1)} ms; ${(counts / scan).toFixed(1)} ×`,
    );
  } finally {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const seriesTo = (last: number) =>
  sql`with recursive series (value) as (select 1 union all select value + 1 from series where value < ${last}) select value from series`;

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
}
