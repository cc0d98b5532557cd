import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** How much is logged. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A logger that writes one JSON object a line to standard error, so that standard output stays for results. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}
