import { toKeepsightError } from "../../core/errors.ts";
import type { InferenceClient } from "../../kserve/inference-service.ts";
import { connectInference, servedBy, type InferenceSettings } from "../../onnx/kserve/open-sessions.ts";
import type { VisionModels } from "../../vision/choose-models.ts";

/** Whoever asks for the state waits no longer than this for the server, milliseconds. */
const TIMEOUT_MS = 3000;

/** How it stands with the server that runs models. */
export interface InferenceState {
  readonly url: string;
  /** Its own name and version; absent when it could not be asked. */
  readonly server?: string;
  /** Why it could not be asked. */
  readonly reason?: string;
  /** The networks that are to run there, and whether they can now. */
  readonly networks: readonly { readonly name: string; readonly isReady: boolean }[];
  /** Whether models run here while the server cannot run them. */
  readonly isFallingBack: boolean;
}

/** Asks the server with these settings about itself and the networks of the models in use. */
export async function checkInference(
  settings: InferenceSettings,
  models: VisionModels,
): Promise<InferenceState> {
  const { url, isFallingBack } = settings;
  const names = servedBy(settings, Object.values(models).flat()).map(({ name }) => name);
  const client = await connectInference({ ...settings, timeoutMs: TIMEOUT_MS });
  try {
    const { name, version } = await client.serverMetadata();
    const networks = await Promise.all(names.map(async (network) => askForModel(client, network)));
    return { url, isFallingBack, server: `${name} ${version}`, networks };
  } catch (error) {
    const networks = names.map((network) => ({ name: network, isReady: false }));
    return { url, isFallingBack, reason: toKeepsightError(error).message, networks };
  } finally {
    client.close();
  }
}

async function askForModel(client: InferenceClient, name: string) {
  return { name, isReady: await client.isModelReady(name) };
}

/** The state in one line, for people. */
export function describeInference({ url, server, reason, networks, isFallingBack }: InferenceState): string {
  const instead = isFallingBack ? "; they run here meanwhile" : "; photos wait for it";
  if (server === undefined) return `${reason ?? `${url} does not answer`}${instead}`;
  const missing = networks.filter(({ isReady }) => !isReady).map(({ name }) => name);
  const served = `${url} (${server}) runs ${networks.length - missing.length} of ${networks.length} networks`;
  return missing.length === 0 ? served : `${served}, not ${missing.join(", ")}${instead}`;
}

/** Whether everything that is to run on the server can run there now. */
export function isInferenceWell({ server, networks }: InferenceState): boolean {
  return server !== undefined && networks.every(({ isReady }) => isReady);
}
