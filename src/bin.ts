#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command, CommanderError } from "commander";
import packageFile from "../package.json" with { type: "json" };
import { addAlbumsCommand } from "./cli/albums.ts";
import { addBackupCommands } from "./cli/backup.ts";
import { addCategoriesCommand } from "./cli/categories.ts";
import { addExportCommands } from "./cli/export.ts";
import { addMaintenanceCommand } from "./cli/maintenance.ts";
import { addClusterCommand } from "./cli/cluster.ts";
import { addDoctorCommand } from "./cli/doctor.ts";
import { addDuplicatesCommand } from "./cli/duplicates.ts";
import { addFacesCommand } from "./cli/faces.ts";
import { addFoldersCommand } from "./cli/folders.ts";
import { addConceptsCommand } from "./cli/concepts.ts";
import { addEvalCommand } from "./cli/eval.ts";
import { addHistoryCommand } from "./cli/history.ts";
import { addImportCommand } from "./cli/import.ts";
import { addInspectCommand } from "./cli/inspect.ts";
import { addModelsCommand } from "./cli/models.ts";
import { addOcrCommand } from "./cli/ocr.ts";
import { addPersonsCommand } from "./cli/persons.ts";
import { addReprocessCommand } from "./cli/reprocess.ts";
import { addSearchCommand } from "./cli/search.ts";
import { addServeModelsCommand } from "./cli/serve-models.ts";
import { addServeCommand } from "./cli/serve.ts";
import { addStatusCommand } from "./cli/status.ts";
import type { World } from "./cli/world.ts";
import { describeSettings, readConfig } from "./config.ts";
import { KeepsightError } from "./core/errors.ts";
import { createLogger } from "./core/logger.ts";
import { MEMORY_ENVIRONMENT } from "./engine/analyser/memory-environment.ts";

/** Flags that stand for a setting, and its variable. */
const SETTING_FLAGS = {
  dataDir: "KEEPSIGHT_DATA_DIR",
  modelsDir: "KEEPSIGHT_MODELS_DIR",
  host: "KEEPSIGHT_HOST",
  port: "KEEPSIGHT_PORT",
  analysers: "KEEPSIGHT_ANALYSERS",
  logLevel: "KEEPSIGHT_LOG_LEVEL",
} as const;

const EXAMPLES = `
Examples:
  keepsight ~/Pictures               import the folder and serve it as a web app
  keepsight import ~/Pictures        import it and end
  keepsight search birthday cake     find photos from the command line`;

// For the processes that this one starts, which inherit it; what the user says goes before.
for (const [name, value] of Object.entries(MEMORY_ENVIRONMENT)) process.env[name] ??= value;

const { version } = packageFile;
const stop = new AbortController();
let isService = false;

const program = new Command("keepsight")
  .description("Finds photos by what is in them, who is in them, what is written in them, when and where.")
  .version(version)
  .option("--data-dir <path>", "where the library lives")
  .option("--models-dir <path>", "folder with model files of your own")
  .option("--host <address>", "address to listen on (default 127.0.0.1)")
  .option("--port <port>", "port to listen on (default 4280; 0: any free one)")
  .option("--analysers <n>", "analyser processes (default: one a core)")
  .option("--log-level <level>", "silent, error, warn, info, debug")
  .option("--debug", "print stack traces")
  .showHelpAfterError("(--help shows how)")
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()
  .hook("preAction", (_program, command) => {
    isService = ["serve", "serve-models"].includes(command.name());
  })
  .addHelpText("after", () => `${EXAMPLES}\n\nSettings (environment):\n${settingsHelp()}`);

addServeCommand(program, openWorld);
addServeModelsCommand(program, openWorld);
addImportCommand(program, openWorld);
addSearchCommand(program, openWorld);
addStatusCommand(program, openWorld);
addDuplicatesCommand(program, openWorld);
addInspectCommand(program, openWorld);
addOcrCommand(program, openWorld);
addReprocessCommand(program, openWorld);
addFacesCommand(program, openWorld);
addPersonsCommand(program, openWorld);
addFoldersCommand(program, openWorld);
addAlbumsCommand(program, openWorld);
addCategoriesCommand(program, openWorld);
addHistoryCommand(program, openWorld);
addMaintenanceCommand(program, openWorld);
addBackupCommands(program, openWorld);
addExportCommands(program, openWorld);
addConceptsCommand(program, openWorld);
addEvalCommand(program, openWorld);
addClusterCommand(program, openWorld);
addModelsCommand(program, openWorld);
addDoctorCommand(program, openWorld);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second request does not wait for anything.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

// `keepsight search sea | head` takes what it wants and leaves.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Opens the world with the settings of the environment, over which go the flags, and over those what a command sets. */
async function openWorld(settings: Readonly<Record<string, string | undefined>> = {}): Promise<World> {
  const flags = program.opts<Record<string, string | undefined>>();
  const fromFlags = Object.entries(SETTING_FLAGS).flatMap(([flag, variable]) =>
    flags[flag] === undefined ? [] : [[variable, flags[flag]]],
  );
  // A person at a terminal wants a bar, and a script results, not a log; a service wants its log.
  const defaults = isService && !process.stderr.isTTY ? {} : { KEEPSIGHT_LOG_LEVEL: "error" };
  const config = readConfig({
    ...defaults,
    ...process.env,
    ...Object.fromEntries(fromFlags),
    ...withoutUndefined(settings),
  });
  const logger = createLogger(config.logLevel);
  // Each command loads what it needs: help is there in a fifth of the time that everything takes.
  const { createModels } = await import("./app/create-models.ts");
  const { createInstalledModels } = await import("./engine/installed-models.ts");
  return {
    async openLibrary(access) {
      const { openLibrary } = await import("./app/open-library.ts");
      return openLibrary(config, logger, access);
    },
    async openApi(need) {
      const { openApi } = await import("./app/open-api.ts");
      return openApi(config, logger, need, version);
    },
    async serve(library) {
      const { serveLibrary } = await import("./app/serve-library.ts");
      return serveLibrary(config, logger, library, version);
    },
    async createPool(count) {
      const { openPool } = await import("./app/analysers.ts");
      return openPool(config, logger, count);
    },
    async serveModels(modelIds) {
      const { serveModels } = await import("./app/serve-models.ts");
      return serveModels(config, logger, version, modelIds);
    },
    async exportTriton(directory, options) {
      const { exportForTriton } = await import("./app/serve-models.ts");
      return exportForTriton(config, directory, options);
    },
    async checkInference() {
      const { checkConfiguredInference } = await import("./app/configured-models.ts");
      return checkConfiguredInference(config);
    },
    models: createInstalledModels(createModels(config)),
    async quantize(modelId, options) {
      const { quantizeInstalled } = await import("./app/configured-models.ts");
      return quantizeInstalled(config, modelId, options);
    },
    async backUp(options) {
      const { backUp } = await import("./engine/backup/back-up.ts");
      const { directory: to, keep } = config.backups;
      return backUp({ dataDirectory: config.dataDirectory, to, keep, signal: stop.signal, ...options });
    },
    async listBackups(folder) {
      const { listBackups } = await import("./engine/backup/back-up.ts");
      return listBackups(folder ?? config.backups.directory);
    },
    async restore(folder) {
      const { restore } = await import("./engine/backup/restore.ts");
      return restore(config.dataDirectory, folder, stop.signal);
    },
    async diagnose() {
      const { diagnoseMachine } = await import("./app/examine-machine.ts");
      return diagnoseMachine(config, version);
    },
    async bench(options) {
      const { benchConfigured } = await import("./app/examine-machine.ts");
      return benchConfigured(config, logger, options);
    },
    folders: config.folders,
    isWatching: config.isWatching,
    dataDirectory: config.dataDirectory,
    logger,
    output: process.stdout,
    remarks: process.stderr,
    signal: stop.signal,
  };
}

function withoutUndefined(settings: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Exit codes: 0 done, 1 could not be done (or nothing found), 2 done in part, 64 wrong use. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
  const { message, stack } = error as Error;
  const isDebug = program.opts<{ debug?: boolean }>().debug === true;
  const hint = error instanceof KeepsightError ? "" : " (--debug shows where)";
  process.stderr.write(`keepsight: ${isDebug ? stack : message + hint}\n`);
  return 1;
}

function settingsHelp(): string {
  return describeSettings()
    .map(({ variable, description }) => `  ${variable.padEnd(36)}${description}`)
    .join("\n");
}
