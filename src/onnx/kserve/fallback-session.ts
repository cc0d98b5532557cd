import { type KeepsightError, toKeepsightError } from "../../core/errors.ts";
import { memoizeAsync } from "../../core/memoize-async.ts";
import type { InferenceSession } from "../session.ts";

/** How long a server that failed is left alone, milliseconds: asking it again can cost each run a time-out. */
const REST_MS = 30_000;

export interface FallbackOptions {
  /** Name of the model, for remarks. */
  readonly name: string;
  readonly openServed: () => Promise<InferenceSession>;
  readonly openLocal: () => Promise<InferenceSession>;
  /** Told when the session begins to run here, and when it is served again. */
  readonly onRemark: (text: string) => void;
}

/**
 * A session on a server that runs here while the server cannot: it is down, too slow, or does not have the model. A model
 * that refuses what it is given does so in both places and is no reason.
 */
export async function createFallbackSession(options: FallbackOptions): Promise<InferenceSession> {
  const { name, onRemark } = options;
  const served = memoizeAsync(options.openServed);
  let isOpenHere = false;
  const local = memoizeAsync(async () => {
    const session = await options.openLocal();
    isOpenHere = true;
    return session;
  });
  let isLocal = false;
  let restsUntil = 0;

  async function attempt<T>(use: (session: InferenceSession) => T | Promise<T>): Promise<T> {
    if (performance.now() >= restsUntil) {
      try {
        const result = await use(await served());
        if (isLocal) onRemark(`The inference server runs "${name}" again.`);
        isLocal = false;
        return result;
      } catch (thrown) {
        rest(toKeepsightError(thrown));
      }
    }
    return use(await local());
  }

  /** Leaves the server alone for a while, or passes on what is not its fault. */
  function rest(error: KeepsightError): void {
    if (error.code === "model_invalid" || error.code === "internal") throw error;
    restsUntil = performance.now() + REST_MS;
    if (!isLocal) onRemark(`"${name}" runs here, since the inference server cannot: ${error.message}`);
    isLocal = true;
  }

  const { inputNames, outputNames, inputShapes, inputTypes } = await attempt((session) => session);
  return {
    inputNames,
    outputNames,
    ...(inputShapes === undefined ? {} : { inputShapes }),
    ...(inputTypes === undefined ? {} : { inputTypes }),
    run: (feeds) => attempt((session) => session.run(feeds)),
    async release() {
      if (isOpenHere) await (await local()).release();
    },
  };
}
