import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import { benchMachine, type BenchOptions } from "../engine/doctor-bench/bench-machine.ts";
import type { BenchReport } from "../engine/doctor-bench/bench-report.ts";
import { diagnose } from "../engine/doctor.ts";
import { createInstalledModels } from "../engine/installed-models.ts";
import { openPool } from "./analysers.ts";
import { checkConfiguredInference } from "./configured-models.ts";
import { createModels } from "./create-models.ts";
import { WEB_DIRECTORY } from "./serve-library.ts";

/** Times the analysis of photos as it is configured. */
export async function benchConfigured(
  config: Config,
  logger: Logger,
  options: Pick<BenchOptions, "photos" | "onStage" | "signal">,
): Promise<BenchReport> {
  return benchMachine({
    ...options,
    models: createInstalledModels(createModels(config)),
    analysers: config.analysers.count,
    isServedElsewhere: config.inference !== undefined,
    createPool: (count) => openPool(config, logger, count),
  });
}

/** Looks at the machine, the configuration and the models. */
export async function diagnoseMachine(config: Config, version: string) {
  return diagnose({
    version,
    dataDirectory: config.dataDirectory,
    folders: config.folders,
    models: createInstalledModels(createModels(config)),
    analysers: config.analysers.count,
    isWebAppBuilt: existsSync(WEB_DIRECTORY),
    isOffline: config.models.isOffline,
    inference: await checkConfiguredInference(config),
  });
}
