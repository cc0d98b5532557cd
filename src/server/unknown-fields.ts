/**
 * Finds fields that a schema does not know. A misspelt `pagesize` or `enableOCR` would otherwise be passed over in silence, and
 * the caller get something else than was asked for.
 */
import { z } from "zod";

/** What zod keeps of a schema, as far as it is walked here. */
interface SchemaParts {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

interface UnknownField {
  readonly path: readonly (string | number)[];
  readonly known: readonly string[];
}

const partsOf = (schema: z.ZodType) => schema._zod.def as unknown as SchemaParts;

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function findUnknown(schema: z.ZodType, value: unknown, path: readonly (string | number)[]): UnknownField[] {
  const parts = partsOf(schema);
  if (parts.type === "object") return findUnknownKeys(parts, value, path);
  if (parts.type === "array" && Array.isArray(value))
    return value.flatMap((item, i) => findUnknown(parts.element!, item, [...path, i]));
  // What comes before a `z.preprocess` is no schema; what follows it is.
  if (parts.type === "pipe")
    return findUnknown(partsOf(parts.in!).type === "transform" ? parts.out! : parts.in!, value, path);
  if (parts.type === "union") {
    const found = parts.options!.map((option) => findUnknown(option, value, path));
    return found.reduce((least, other) => (other.length < least.length ? other : least));
  }
  return parts.innerType === undefined ? [] : findUnknown(parts.innerType, value, path);
}

function findUnknownKeys(
  { shape = {}, catchall }: SchemaParts,
  value: unknown,
  path: readonly (string | number)[],
): UnknownField[] {
  if (!isPlainObject(value)) return [];
  const isOpen = catchall !== undefined && partsOf(catchall).type !== "never";
  return Object.entries(value).flatMap(([key, field]) => {
    if (Object.hasOwn(shape, key)) return findUnknown(shape[key]!, field, [...path, key]);
    return isOpen ? [] : [{ path: [...path, key], known: Object.keys(shape) }];
  });
}

/** The value as the schema reads it; throws a `ZodError` that names every wrong and every unknown field. */
export function parseStrictly<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const unknown = findUnknown(schema, value, []);
  const parsed = schema.safeParse(value);
  if (unknown.length === 0) {
    if (parsed.success) return parsed.data;
    throw parsed.error;
  }
  const issues = unknown.map(({ path, known }) => ({
    code: "custom" as const,
    path: [...path],
    input: undefined,
    message:
      known.length === 0 ? "there are no fields here" : `is not known here; there are ${known.join(", ")}`,
  }));
  // The other one is no `Error`, and Fastify knows no other refusals.
  throw new z.ZodRealError([
    ...issues,
    ...(parsed.error?.issues ?? []).filter(({ code }) => code !== "unrecognized_keys"),
  ]);
}
