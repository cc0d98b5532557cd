import { isIPv4 } from "node:net";
import { homedir, availableParallelism } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { KeepsightError } from "./core/errors.ts";
import { LOG_LEVELS } from "./core/logger.ts";
import { IMAGE_FORMATS } from "./core/photo-analysis.ts";

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["::1", "localhost"]);

/** Analysers a core where another machine runs the models: they wait more than they compute. */
const ANALYSERS_A_CORE_WHEN_SERVED = 2;

/** Requests a minute from one address where others reach the server: a page of a grid loads a hundred pictures. */
const REQUESTS_A_MINUTE = 3000;
const COSTLY_A_MINUTE = 120;

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

const names = z
  .string()
  .default("")
  .transform((value) =>
    value
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );

/** Header lines, separated by semicolons. */
const headers = z
  .string()
  .default("")
  .transform((value) => value.split(";").filter((line) => line.trim() !== ""))
  .pipe(z.array(z.string().regex(/^\s*[\w-]+:[^\r\n]+$/, "expected `Name: value; Name: value`")))
  .transform((lines) =>
    Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
    ),
  );

/** Requests a minute; 0 stands for any number. */
const rate = z.coerce.number().int().min(0).max(1_000_000).optional();

const rows = z.coerce.number().int().min(1).max(64).default(1);

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
  HF_ENDPOINT: z.url().optional().describe("Address in the place of https://huggingface.co"),
  HF_TOKEN: z.string().min(1).optional().describe("Token for Hugging Face; sent to it alone"),
  KEEPSIGHT_OFFLINE: flag(false).describe("Never download anything"),
  KEEPSIGHT_INFERENCE_URL: z
    .url({
      protocol: /^(?:https?|grpcs?)$/,
      error: "expected http://, https://, grpc:// or grpcs:// with host and port",
    })
    .refine(
      (url) => url.startsWith("http") || new URL(url).port !== "",
      "a gRPC address needs a port, such as 8001",
    )
    .optional()
    .describe("KServe v2 server: http://gpu:8000 or grpc://gpu:8001"),
  KEEPSIGHT_INFERENCE_MODELS: names.describe("Models that it runs, comma-separated (default: all in use)"),
  KEEPSIGHT_INFERENCE_API_KEY: z.string().min(1).optional().describe("Sent to that server as a bearer token"),
  KEEPSIGHT_INFERENCE_HEADERS: headers.describe("More headers for it, as `Name: value; Name: value`"),
  KEEPSIGHT_INFERENCE_TIMEOUT_SECONDS: z.coerce
    .number()
    .positive()
    .max(600)
    .default(30)
    .describe("Longest wait for its answer (30)"),
  KEEPSIGHT_INFERENCE_FALLBACK: z
    .enum(["local", "none"])
    .default("none")
    .describe("`local` runs models here while it cannot (none: photos wait)"),
  KEEPSIGHT_INFERENCE_BATCH: rows.describe("Inputs of an analyser sent there together at most (1)"),
  KEEPSIGHT_SERVE_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8000)
    .describe("Port of `serve-models` for HTTP (8000)"),
  KEEPSIGHT_SERVE_GRPC_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8001)
    .describe("Port of `serve-models` for gRPC (8001)"),
  KEEPSIGHT_SERVE_BATCH: rows.describe("Inputs of its clients run together at most (1)"),
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
  KEEPSIGHT_MAX_UPLOADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(32)
    .describe("Uploads that may arrive at the same time (32)"),
  KEEPSIGHT_RATE_LIMIT: rate.describe("Requests a minute from an address (0: any; 3000 from outside)"),
  KEEPSIGHT_COSTLY_RATE_LIMIT: rate.describe("The same of costly ones, such as reading a picture (120)"),
  KEEPSIGHT_TRUSTED_PROXIES: names.describe("Reverse proxies whose X-Forwarded-For counts, by comma"),
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
  KEEPSIGHT_BACKUP_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Nightly backups, best on another disk (in the data folder)"),
  KEEPSIGHT_BACKUP_KEEP: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(7)
    .describe("Backups kept there (7)"),
  KEEPSIGHT_NIGHTLY_HOUR: z.coerce
    .number()
    .int()
    .min(0)
    .max(23)
    .default(3)
    .describe("Hour of the nightly maintenance, local time (3)"),
  KEEPSIGHT_LOG_LEVEL: z.enum(LOG_LEVELS).default("info").describe("How much is logged, to standard error"),
});

/** A server that runs models. */
export interface InferenceConfig {
  readonly url: string;
  /** Ids of the models that it runs; empty: all that are in use. */
  readonly modelIds: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether models run here while it cannot run them. */
  readonly isFallingBack: boolean;
  /** Rows sent together at most. */
  readonly batchRows: number;
}

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
    /** As Hugging Face's own tools are told. */
    readonly huggingFace: { readonly endpoint: string | undefined; readonly token: string | undefined };
    readonly isOffline: boolean;
  };
  /** The server that runs models; absent where all run here. */
  readonly inference: InferenceConfig | undefined;
  /** What `serve-models` serves with. */
  readonly modelServer: {
    readonly port: number;
    readonly grpcPort: number;
    /** Rows run together at most. */
    readonly batchRows: number;
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
    readonly maxUploads: number;
    /** By address; undefined: any number. */
    readonly requestsPerMinute: number | undefined;
    readonly costlyPerMinute: number | undefined;
  };
  readonly trustedProxies: readonly string[];
  /** Long side of the thumbnail, pixels. */
  readonly thumbnailSize: number;
  /** Long side of the preview, pixels. */
  readonly previewSize: number;
  readonly formats: readonly (typeof IMAGE_FORMATS)[number][];
  readonly isWatching: boolean;
  /** Where nightly backups go, and how many stay. */
  readonly backups: { readonly directory: string; readonly keep: number };
  /** Hour of the nightly maintenance, local time. */
  readonly nightlyHour: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

function defaultDataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const dataHome = env["XDG_DATA_HOME"];
  return join(dataHome && isAbsolute(dataHome) ? dataHome : join(homedir(), ".local", "share"), "keepsight");
}

/** Variables of others that say here what they say elsewhere. */
const SHARED_VARIABLES: ReadonlySet<string> = new Set(["HF_ENDPOINT", "HF_TOKEN"]);

function isOurs(variable: string): boolean {
  return variable.startsWith("KEEPSIGHT_") || SHARED_VARIABLES.has(variable);
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
  const own = Object.fromEntries(Object.entries(env).filter(([name, value]) => isOurs(name) && value !== ""));
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
      huggingFace: { endpoint: values.HF_ENDPOINT, token: values.HF_TOKEN },
      isOffline: values.KEEPSIGHT_OFFLINE,
    },
    inference: toInference(values),
    modelServer: {
      port: values.KEEPSIGHT_SERVE_PORT,
      grpcPort: values.KEEPSIGHT_SERVE_GRPC_PORT,
      batchRows: values.KEEPSIGHT_SERVE_BATCH,
    },
    analysers: {
      count: values.KEEPSIGHT_ANALYSERS ?? defaultAnalysers(values.KEEPSIGHT_INFERENCE_URL !== undefined),
      timeoutMs: values.KEEPSIGHT_ANALYSER_TIMEOUT_SECONDS * 1000,
      maxMemoryBytes: values.KEEPSIGHT_ANALYSER_MEMORY_MB,
    },
    limits: {
      maxPixels: values.KEEPSIGHT_MAX_MEGAPIXELS * 1_000_000,
      maxFileBytes: values.KEEPSIGHT_MAX_FILE_MB,
      maxUploadBytes: values.KEEPSIGHT_MAX_UPLOAD_MB,
      maxUploads: values.KEEPSIGHT_MAX_UPLOADS,
      requestsPerMinute: toRate(values.KEEPSIGHT_RATE_LIMIT, values.KEEPSIGHT_HOST, REQUESTS_A_MINUTE),
      costlyPerMinute: toRate(values.KEEPSIGHT_COSTLY_RATE_LIMIT, values.KEEPSIGHT_HOST, COSTLY_A_MINUTE),
    },
    trustedProxies: values.KEEPSIGHT_TRUSTED_PROXIES,
    thumbnailSize: values.KEEPSIGHT_THUMBNAIL_SIZE,
    previewSize: values.KEEPSIGHT_PREVIEW_SIZE,
    formats: values.KEEPSIGHT_FORMATS,
    isWatching: values.KEEPSIGHT_WATCH,
    backups: {
      directory: resolve(
        values.KEEPSIGHT_BACKUP_DIR ??
          join(values.KEEPSIGHT_DATA_DIR ?? defaultDataDirectory(env), "backups"),
      ),
      keep: values.KEEPSIGHT_BACKUP_KEEP,
    },
    nightlyHour: values.KEEPSIGHT_NIGHTLY_HOUR,
    logLevel: values.KEEPSIGHT_LOG_LEVEL,
  });
}

/** As configured; unless it is, only who comes from elsewhere is limited. */
function toRate(wanted: number | undefined, host: string, fallback: number): number | undefined {
  if (wanted !== undefined) return wanted === 0 ? undefined : wanted;
  return isLoopback(host) ? undefined : fallback;
}

function toInference(values: z.infer<typeof Environment>): InferenceConfig | undefined {
  const { KEEPSIGHT_INFERENCE_URL: url, KEEPSIGHT_INFERENCE_API_KEY: apiKey } = values;
  if (url === undefined) return undefined;
  return {
    url,
    modelIds: values.KEEPSIGHT_INFERENCE_MODELS,
    headers: {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...values.KEEPSIGHT_INFERENCE_HEADERS,
    },
    timeoutMs: values.KEEPSIGHT_INFERENCE_TIMEOUT_SECONDS * 1000,
    isFallingBack: values.KEEPSIGHT_INFERENCE_FALLBACK === "local",
    batchRows: values.KEEPSIGHT_INFERENCE_BATCH,
  };
}

function defaultAnalysers(isServed: boolean): number {
  const cores = availableParallelism();
  return Math.min(isServed ? cores * ANALYSERS_A_CORE_WHEN_SERVED : cores, MAX_DEFAULT_ANALYSERS);
}

/** Each setting's variable, with what it is for, as `keepsight --help` and the documentation list them. */
export function describeSettings(): { readonly variable: string; readonly description: string }[] {
  return Object.entries(Environment.shape).map(([variable, schema]) => ({
    variable,
    description: schema.description ?? "",
  }));
}
