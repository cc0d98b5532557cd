import { type RawBuilder, sql } from "kysely";

/**
 * The values as a sub-select for `in`, sent as one JSON parameter: SQLite binds at most 32,766 parameters a statement, and
 * a statement whose text does not change with the length of the list stays prepared.
 */
export function valueList<Value extends number | string>(values: readonly Value[]): RawBuilder<Value> {
  return sql<Value>`(select value from json_each(${JSON.stringify(values)}))`;
}
