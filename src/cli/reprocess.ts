import { type Command, InvalidArgumentError } from "commander";
import type { PhotoPage } from "../api/photos.ts";
import { KeepsightError } from "../core/errors.ts";
import { type Step, STEPS } from "../core/photo-analysis.ts";
import { PHOTO_STATUSES, type PhotoStatus } from "../core/photo-status.ts";
import { parseWhole } from "./parse-numbers.ts";
import { printJson, printLines } from "./print.ts";
import { withApi } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly steps?: readonly Step[];
  readonly all?: boolean;
  readonly status?: PhotoStatus;
  readonly queue?: boolean;
  readonly json?: boolean;
}

const parseId = parseWhole(1, Number.MAX_SAFE_INTEGER);

/** `keepsight reprocess [ID…]`: analyses photos again. */
export function addReprocessCommand(program: Command, open: Open): void {
  program
    .command("reprocess")
    .argument("[photos...]", "ids of photos", (value: string, former: number[] | undefined) => [
      ...(former ?? []),
      parseId(value),
    ])
    .option("--all", "all photos of the library")
    .option("--status <status>", "photos with this status, such as failed or partial", parseStatus)
    .option("--steps <steps>", `only these, comma-separated: ${STEPS.join(", ")} (default: all)`, parseSteps)
    .option("--queue", "let the server do it in the background and end")
    .option("--json", "print the result as JSON")
    .summary("analyse photos again")
    .description("What was found stays until something new takes its place; what you decided stays for good.")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight reprocess 17 18\n  keepsight reprocess --status failed\n  keepsight reprocess --all --steps ocr --queue",
    )
    .action(async (photos: number[] | undefined, flags: Flags) => {
      const wishes = [photos?.length ? photos : undefined, flags.all, flags.status].filter(
        (wish) => wish !== undefined,
      );
      if (wishes.length !== 1)
        throw new KeepsightError("bad_request", "Say which photos: their ids, --status, or --all.");
      const world = await open();
      await withApi(world, flags.queue === true ? "owning" : "working", async ({ call, isServer }) => {
        const ids = photos?.length ? photos : await listIds(call, flags.status);
        const body = flags.steps === undefined ? {} : { steps: flags.steps };
        for (const id of ids) await call("POST", `/photos/${id}/reprocess`, body);
        if (flags.json === true) return printJson(world, { queued: ids.length, photoIds: ids });
        const where = isServer || flags.queue === true ? "; `keepsight status` tells how far they are" : "";
        printLines(world, [`${ids.length} photos are analysed again${where}.`]);
      });
    });
}

async function listIds(call: LibraryApi["call"], status: PhotoStatus | undefined): Promise<number[]> {
  const filter = status === undefined ? "" : `&status=${status}`;
  const ids: number[] = [];
  for (let page = 1; ; page++) {
    const answer = (await call("GET", `/photos?pageSize=100&sort=oldest&page=${page}${filter}`)) as PhotoPage;
    ids.push(...answer.items.map(({ id }) => id));
    if (answer.items.length === 0 || ids.length >= answer.total) return [...new Set(ids)];
  }
}

function parseSteps(value: string): Step[] {
  return value.split(",").map((name) => {
    const step = STEPS.find((known) => known === name.trim());
    if (step === undefined) throw new InvalidArgumentError(`expected some of ${STEPS.join(", ")}.`);
    return step;
  });
}

function parseStatus(value: string): PhotoStatus {
  const status = PHOTO_STATUSES.find((known) => known === value);
  if (status === undefined) throw new InvalidArgumentError(`expected one of ${PHOTO_STATUSES.join(", ")}.`);
  return status;
}
