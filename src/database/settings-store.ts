import type { Database } from "./database.ts";

/** Settings kept with the library. Values are anything JSON can hold. */
export interface SettingsStore {
  /** Undefined when never set. The caller checks the shape. */
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

/** The store of settings in this database. */
export function createSettingsStore({ database }: { readonly database: Database }): SettingsStore {
  return {
    async get(key) {
      const row = await database.reads
        .selectFrom("settings")
        .select("value")
        .where("key", "=", key)
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
    },
    async set(key, value) {
      const text = JSON.stringify(value);
      await database.writes
        .insertInto("settings")
        .values({ key, value: text })
        .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: text }))
        .execute();
    },
    async remove(key) {
      await database.writes.deleteFrom("settings").where("key", "=", key).execute();
    },
  };
}
