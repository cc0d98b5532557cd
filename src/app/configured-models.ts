import { join } from "node:path";
import type { Config } from "../config.ts";
import { checkInference } from "../engine/inference/check-inference.ts";
import {
  quantizeModel,
  type QuantizedModel,
  type QuantizeOptions,
} from "../engine/quantize/quantize-model.ts";
import { createModels } from "./create-models.ts";
import { chooseModels } from "../vision/choose-models.ts";

/** How it stands with the server that runs models, where one is configured. */
export async function checkConfiguredInference(config: Config) {
  if (config.inference === undefined) return undefined;
  return checkInference(config.inference, (await chooseModels(createModels(config))).models);
}

/** Makes an 8-bit model of an installed one, in this process. */
export async function quantizeInstalled(
  config: Config,
  modelId: string,
  options: Pick<QuantizeOptions, "photos" | "onStage" | "signal">,
): Promise<QuantizedModel> {
  const { dataDirectory } = config;
  const modelDirectory = join(dataDirectory, "models");
  return quantizeModel({ ...options, store: createModels(config), modelDirectory, dataDirectory, modelId });
}
