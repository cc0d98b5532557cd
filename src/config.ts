import { isIPv4 } from "node:net";
import { homedir, availableParallelism } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { KeepsightError } from "./core/errors.ts";
import { LOG_LEVELS } from "./core/logger.ts";
import { IMAGE_FORMATS } from "./core/photo-analysis.ts";

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["::1", "localhost"]);

/** Analysers beyond this share too little of the work to be worth their memory on an ordinary machine. */
const MAX_DEFAULT_ANALYSERS = 8;

const megabytes = (fallback: number) =>
  z.coerce
    .number()
    .positive()
    .max(1_000_000)
    .default(fallback)
    .transform((value) => Math.round(value * 1024 * 1024));

const paths = z
  .string()
  .default("")
  .transform((value) =>
    value
      .split(delimiter)
      .filter((path) => path !== "")
      .map((path) => resolve(path)),
  );

const flag = (fallback: boolean) =>
  z
    .enum(["true", "false", "1", "0"], { error: "expected true or false" })
    .default(fallback ? "true" : "false")
    .transform((value) => value === "true" || value === "1");

/**
 * Every setting, read from the environment. A flag on the command line sets the variable of the same name before this
 * is read, so there is one place where values are checked.
 */
const Environment = z.object({
  KEEPSIGHT_DATA_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the library: database, previews, models"),
  KEEPSIGHT_FOLDERS: paths.describe("Folders of photos to watch, separated like PATH"),
  KEEPSIGHT_HOST: z.string().min(1).default("127.0.0.1").describe("Address to listen on (127.0.0.1)"),
  KEEPSIGHT_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(4280)
    .describe("Port (4280); 0 takes a free one"),
  KEEPSIGHT_PASSWORD: z
    .string()
    .min(8)
    .optional()
    .describe("Asked for by the server; needed beyond this computer"),
  KEEPSIGHT_API_KEY: z.string().min(16).optional().describe("The same for programs, as a bearer token"),
  KEEPSIGHT_DATABASE_URL: z
    .string()
    .optional()
    .refine(
      (value) => value === undefined,
      "PostgreSQL is not supported by this version; leave it unset for SQLite",
    )
    .describe("For PostgreSQL, in a later version; leave it unset"),
  KEEPSIGHT_MODELS_DIR: paths.describe("Folders with model files of your own, separated like PATH"),
  KEEPSIGHT_MODEL_MIRROR: z.url().optional().describe("Base address to download models from instead"),
  KEEPSIGHT_OFFLINE: flag(false).describe("Never download anything"),
  KEEPSIGHT_ANALYSERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("Analyser processes (default: one a core)"),
  KEEPSIGHT_ANALYSER_TIMEOUT_SECONDS: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(120)
    .describe("Longest work on one photo (120)"),
  KEEPSIGHT_ANALYSER_MEMORY_MB: megabytes(1200).describe("An analyser grown beyond this is replaced (1200)"),
  KEEPSIGHT_MAX_MEGAPIXELS: z.coerce
    .number()
    .positive()
    .max(4000)
    .default(300)
    .describe("Larger photos are refused (300)"),
  KEEPSIGHT_MAX_FILE_MB: megabytes(1024).describe("Larger files are refused (1024)"),
  KEEPSIGHT_MAX_UPLOAD_MB: megabytes(256).describe("Largest upload (256)"),
  KEEPSIGHT_THUMBNAIL_SIZE: z.coerce
    .number()
    .int()
    .min(64)
    .max(1024)
    .default(400)
    .describe("Long side of thumbnails, pixels (400)"),
  KEEPSIGHT_PREVIEW_SIZE: z.coerce
    .number()
    .int()
    .min(512)
    .max(4096)
    .default(1344)
    .describe("Long side of previews, pixels (1344)"),
  KEEPSIGHT_FORMATS: z
    .string()
    .default(IMAGE_FORMATS.join(","))
    .transform((value) => value.split(",").map((format) => format.trim()))
    .pipe(z.array(z.enum(IMAGE_FORMATS)).min(1))
    .describe("Formats to import, comma-separated (all)"),
  KEEPSIGHT_WATCH: flag(true).describe("Follow changes in the folders while serving (true)"),
  KEEPSIGHT_LOG_LEVEL: z.enum(LOG_LEVELS).default("info").describe("How much is logged, to standard error"),
});

/** The settings of one run, checked and complete. */
export interface Config {
  readonly dataDirectory: string;
  readonly folders: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly apiKey: string | undefined;
  readonly models: {
    readonly localDirectories: readonly string[];
    readonly mirror: string | undefined;
    readonly isOffline: boolean;
  };
  readonly analysers: {
    readonly count: number;
    readonly timeoutMs: number;
    /** Resident bytes beyond which an analyser is replaced. */
    readonly maxMemoryBytes: number;
  };
  readonly limits: {
    readonly maxPixels: number;
    readonly maxFileBytes: number;
    readonly maxUploadBytes: number;
  };
  /** Long side of the thumbnail, pixels. */
  readonly thumbnailSize: number;
  /** Long side of the preview, pixels. */
  readonly previewSize: number;
  readonly formats: readonly (typeof IMAGE_FORMATS)[number][];
  readonly isWatching: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

function defaultDataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const dataHome = env["XDG_DATA_HOME"];
  return join(dataHome && isAbsolute(dataHome) ? dataHome : join(homedir(), ".local", "share"), "keepsight");
}

/** True for addresses that only this computer can reach. */
function isLoopback(host: string): boolean {
  return LOOPBACK_HOSTS.has(host) || (isIPv4(host) && host.startsWith("127."));
}

/**
 * The configuration from environment variables. Throws `config_invalid` that names every problem at once, variables with
 * a misspelt name included.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const own = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith("KEEPSIGHT_") && value !== ""),
  );
  const parsed = z
    .strictObject(Environment.shape)
    .refine(
      (values) =>
        isLoopback(values.KEEPSIGHT_HOST) ||
        values.KEEPSIGHT_PASSWORD !== undefined ||
        values.KEEPSIGHT_API_KEY !== undefined,
      {
        path: ["KEEPSIGHT_HOST"],
        error: "listening beyond this computer needs KEEPSIGHT_PASSWORD or KEEPSIGHT_API_KEY",
        when: () => true,
      },
    )
    .safeParse(own);
  if (!parsed.success) {
    throw new KeepsightError(
      "config_invalid",
      `The configuration has problems:\n${z.prettifyError(parsed.error)}`,
    );
  }
  return toConfig(parsed.data, env);
}

function toConfig(
  values: z.infer<typeof Environment>,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  return Object.freeze({
    dataDirectory: resolve(values.KEEPSIGHT_DATA_DIR ?? defaultDataDirectory(env)),
    folders: values.KEEPSIGHT_FOLDERS,
    host: values.KEEPSIGHT_HOST,
    port: values.KEEPSIGHT_PORT,
    password: values.KEEPSIGHT_PASSWORD,
    apiKey: values.KEEPSIGHT_API_KEY,
    models: {
      localDirectories: values.KEEPSIGHT_MODELS_DIR,
      mirror: values.KEEPSIGHT_MODEL_MIRROR,
      isOffline: values.KEEPSIGHT_OFFLINE,
    },
    analysers: {
      count: values.KEEPSIGHT_ANALYSERS ?? Math.min(availableParallelism(), MAX_DEFAULT_ANALYSERS),
      timeoutMs: values.KEEPSIGHT_ANALYSER_TIMEOUT_SECONDS * 1000,
      maxMemoryBytes: values.KEEPSIGHT_ANALYSER_MEMORY_MB,
    },
    limits: {
      maxPixels: values.KEEPSIGHT_MAX_MEGAPIXELS * 1_000_000,
      maxFileBytes: values.KEEPSIGHT_MAX_FILE_MB,
      maxUploadBytes: values.KEEPSIGHT_MAX_UPLOAD_MB,
    },
    thumbnailSize: values.KEEPSIGHT_THUMBNAIL_SIZE,
    previewSize: values.KEEPSIGHT_PREVIEW_SIZE,
    formats: values.KEEPSIGHT_FORMATS,
    isWatching: values.KEEPSIGHT_WATCH,
    logLevel: values.KEEPSIGHT_LOG_LEVEL,
  });
}

/** Each setting's variable, with what it is for, as `keepsight --help` and the documentation list them. */
export function describeSettings(): { readonly variable: string; readonly description: string }[] {
  return Object.entries(Environment.shape).map(([variable, schema]) => ({
    variable,
    description: schema.description ?? "",
  }));
}
