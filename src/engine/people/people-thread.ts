import { Worker } from "node:worker_threads";
import { matchPersons, type PersonMatch, type PersonPrototypes } from "../../cluster/match-persons.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { EmbeddedFaces } from "../../database/people/face-selection.ts";
import type { Prototype } from "../../database/people/prototype-store.ts";

/** What the thread is sent. */
export type PeopleTask =
  | {
      readonly kind: "match";
      readonly faces: Float32Array;
      readonly prototypes: PersonPrototypes;
      readonly minScore: number;
    }
  | { readonly kind: "prototypes"; readonly faces: EmbeddedFaces };

/** What it answers. */
export interface PeopleReply {
  readonly ticket: number;
  readonly result: Matches | readonly Prototype[];
}

type Matches = readonly (readonly PersonMatch[])[];

/** Numbers up to which faces are compared on the spot: some tenths of a millisecond, less than the way to the thread. */
const FEW_NUMBERS = 2 ** 16;

/** Comparing with thousands of persons takes a tenth of a second and more: in a thread, the server goes on answering. */
export interface PeopleThread {
  /** See {@link matchPersons}. Memory that is shared is not copied. */
  match(faces: Float32Array, prototypes: PersonPrototypes, minScore: number): Promise<Matches>;
  /** See computePrototypes. */
  computePrototypes(faces: EmbeddedFaces): Promise<readonly Prototype[]>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (result: PeopleReply["result"]) => void;
  readonly reject: (error: KeepsightError) => void;
}

/** A thread that starts with its first task and takes one after the other; an idle one does not keep the process alive. */
export function createPeopleThread(): PeopleThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let nextTicket = 0;

  function start(): Worker {
    const started = new Worker(new URL("./people-worker.ts", import.meta.url));
    let cause: unknown;
    started.on("message", ({ ticket, result }: PeopleReply) => {
      pending.get(ticket)?.resolve(result);
      pending.delete(ticket);
      if (pending.size === 0) started.unref();
    });
    started.on("error", (error) => (cause = error));
    started.on("exit", () => {
      worker = undefined;
      const abandoned = [...pending.values()];
      pending.clear();
      for (const { reject } of abandoned)
        reject(new KeepsightError("unavailable", "The thread that compares faces ended.", { cause }));
    });
    return started;
  }

  function run(task: PeopleTask): Promise<PeopleReply["result"]> {
    return new Promise((resolve, reject) => {
      worker ??= start();
      const ticket = nextTicket++;
      pending.set(ticket, { resolve, reject });
      worker.ref();
      worker.postMessage({ ticket, task });
    });
  }

  return {
    async match(faces, prototypes, minScore) {
      if (faces.length + prototypes.embeddings.length <= FEW_NUMBERS) {
        return matchPersons(faces, prototypes, minScore);
      }
      return (await run({ kind: "match", faces, prototypes, minScore })) as Matches;
    },
    async computePrototypes(faces) {
      return (await run({ kind: "prototypes", faces })) as readonly Prototype[];
    },
    async close() {
      await worker?.terminate();
    },
  };
}
