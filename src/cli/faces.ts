import { type Command, Option } from "commander";
import type { BackfillAnswer, CentroidsAnswer, OrphansAnswer, TrainAnswer } from "../api/faces.ts";
import type {
  ClusterAnswer,
  Decided,
  DualClusterAnswer,
  Face,
  FacePage,
  FaceStats,
  RecogniseAnswer,
} from "../api/people.ts";
import {
  describeAssigned,
  describeBackfill,
  describeCentroids,
  describeClustered,
  describeDual,
  describeOrphans,
  describeStats,
  describeTraining,
} from "./describe-faces.ts";
import { parseFraction, parseWhole } from "./parse-numbers.ts";
import { printJson, printLines, toTable } from "./print.ts";
import { type ApiNeed, withApi } from "./with-api.ts";
import type { World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
  readonly queue?: boolean;
}

/** Faces of one request. */
const PAGE = 100;

const MOST_FACES = 1_000_000;
const parsePart = parseFraction(0, 1);
const parseFaceId = parseWhole(1, Number.MAX_SAFE_INTEGER);
const parseFaces = parseWhole(1, MOST_FACES);

/** `keepsight faces …`: what is done with all faces, with the options of seed 003. */
export function addFacesCommand(program: Command, open: Open): void {
  const faces = program
    .command("faces")
    .summary("find, cluster and recognise faces")
    .description("Works through a running server where one has the library open, else by itself.")
    .addHelpText("after", "\nExamples:\n  keepsight faces stats\n  keepsight faces cluster --queue");
  addBackfill(faces, open);
  addCluster(faces, open);
  addDual(faces, open);
  addAssign(faces, open);
  addCentroids(faces, open);
  addTraining(faces, open);
  addStats(faces, open);
  addOrphans(faces, open);
  addIgnored(faces, open);
  addRestore(faces, open);
}

const withJson = (command: Command) => command.option("--json", "print the result as JSON");
const withQueue = (command: Command) =>
  withJson(command).option("--queue", "let the server do it in the background and end");

/** Sends one request and prints its answer, or the job that it became. */
async function run<T>(
  open: Open,
  flags: Flags,
  { path, body, need = "owning" }: { path: string; body: object; need?: ApiNeed },
  describe: (answer: T) => readonly string[],
): Promise<void> {
  const world = await open();
  await withApi(world, flags.queue === true ? "owning" : need, async ({ call, isServer }) => {
    const answer = await call("POST", path, { ...body, ...(flags.queue === true ? { queue: true } : {}) });
    if (flags.json === true) return printJson(world, answer);
    if (flags.queue !== true) return printLines(world, describe(answer as T));
    const { jobId } = answer as { jobId: number };
    printLines(world, [
      isServer
        ? `Queued as job ${jobId}; \`keepsight status\` and the jobs page tell how far it is.`
        : `Queued as job ${jobId}. No server is running: it begins with the next \`keepsight serve\`.`,
    ]);
  });
}

function addBackfill(faces: Command, open: Open): void {
  withQueue(faces.command("backfill"))
    .option("--limit <n>", "most photos", parseFaces, 1000)
    .option("--offset <n>", "photos to leave out first", parseWhole(0, 10_000_000), 0)
    .option("--min-confidence <n>", "only count faces of which the detector is so sure", parsePart)
    .summary("look for faces in photos in which nobody has")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight faces backfill --limit 500\n  keepsight faces backfill --queue",
    )
    .action(async (flags: Flags & { limit: number; offset: number; minConfidence?: number }) => {
      const { limit, offset, minConfidence } = flags;
      const body = { limit, offset, minConfidence };
      await run<BackfillAnswer>(
        open,
        flags,
        { path: "/faces/backfill", body, need: "working" },
        describeBackfill,
      );
    });
}

interface ClusterFlags extends Flags {
  readonly method?: string;
  readonly qualityThreshold?: number;
  readonly maxFaces: number;
  readonly minClusterSize?: number;
  readonly minSamples?: number;
  readonly epsilon?: number;
  readonly timeBucket?: string;
}

function addCluster(faces: Command, open: Open): void {
  withQueue(faces.command("cluster"))
    .addOption(
      new Option(
        "--method <name>",
        "auto, as scheduled runs do it; hdbscan where --min-samples or --epsilon is given",
      ).choices(["auto", "hdbscan", "dbscan", "agglomerative", "chinese-whispers"]),
    )
    .option("--quality-threshold <n>", "least quality of a face (default 0.5)", parsePart)
    .option("--max-faces <n>", "most faces to cluster, the best ones", parseFaces, 50_000)
    .option("--min-cluster-size <n>", "faces that make a cluster (hdbscan 5, auto 2)", parseWhole(2, 1000))
    .option("--min-samples <n>", "hdbscan: neighbours that make a place dense (3)", parseWhole(1, 1000))
    .option("--epsilon <distance>", "hdbscan, dbscan, agglomerative: cosine distance", parseFraction(0, 2))
    .option("--time-bucket <month>", "only faces of this month, YYYY-MM")
    .summary("cluster the faces of nobody")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight faces cluster\n  keepsight faces cluster --method hdbscan --min-cluster-size 3\n  keepsight faces cluster --time-bucket 2025-12 --queue",
    )
    .action(async (flags: ClusterFlags) => {
      const { json: _, queue: __, method, ...options } = flags;
      const isHdbscan = options.minSamples !== undefined || options.epsilon !== undefined;
      const body = { ...options, method: method ?? (isHdbscan ? "hdbscan" : "auto") };
      await run<ClusterAnswer>(open, flags, { path: "/faces/cluster", body }, describeClustered);
    });
}

interface DualFlags extends Flags {
  readonly personThreshold?: number;
  readonly unknownMethod: string;
  readonly unknownMinSize: number;
  readonly unknownEps?: number;
  readonly maxFaces: number;
}

function addDual(faces: Command, open: Open): void {
  withQueue(faces.command("cluster-dual"))
    .option("--person-threshold <n>", "similarity to a person (default: the recogniser's own)", parsePart)
    .addOption(
      new Option("--unknown-method <name>", "how the rest is clustered")
        .choices(["auto", "hdbscan", "dbscan", "agglomerative"])
        .default("hdbscan"),
    )
    .option("--unknown-min-size <n>", "faces that make a cluster", parseWhole(2, 1000), 3)
    .option("--unknown-eps <distance>", "dbscan, agglomerative: cosine distance", parseFraction(0, 2))
    .option("--max-faces <n>", "most faces", parseFaces, 50_000)
    .summary("assign faces to known persons, then cluster the rest")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight faces cluster-dual\n  keepsight faces cluster-dual --person-threshold 0.75 --unknown-min-size 5",
    )
    .action(async (flags: DualFlags) => {
      const { personThreshold, unknownMethod, unknownMinSize, unknownEps, maxFaces } = flags;
      const body = {
        personThreshold,
        unknownMethod,
        unknownMinClusterSize: unknownMinSize,
        unknownEps,
        maxFaces,
      };
      await run<DualClusterAnswer>(open, flags, { path: "/faces/cluster/dual", body }, describeDual);
    });
}

function addAssign(faces: Command, open: Open): void {
  withQueue(faces.command("assign"))
    .option("--since <date>", "only faces found on YYYY-MM-DD or later")
    .option("--max-faces <n>", "most faces", parseFaces, 1000)
    .option("--threshold <n>", "similarity to a person (default: the recogniser's own)", parsePart)
    .summary("assign faces to known persons")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight faces assign --since 2025-12-23\n  keepsight faces assign --max-faces 5000 --queue",
    )
    .action(async (flags: Flags & { since?: string; maxFaces: number; threshold?: number }) => {
      const { since, maxFaces, threshold } = flags;
      const body = { since, maxFaces, threshold };
      await run<RecogniseAnswer>(open, flags, { path: "/faces/assign-matches", body }, describeAssigned);
    });
}

function addCentroids(faces: Command, open: Open): void {
  withQueue(faces.command("centroids"))
    .summary("compute the prototypes of all persons anew")
    .addHelpText("after", "\nExamples:\n  keepsight faces centroids\n  keepsight faces centroids --queue")
    .action(async (flags: Flags) => {
      await run<CentroidsAnswer>(open, flags, { path: "/faces/centroids", body: {} }, describeCentroids);
    });
}

interface TrainFlags extends Flags {
  readonly epochs: number;
  readonly margin: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly minFaces: number;
}

function addTraining(faces: Command, open: Open): void {
  withQueue(faces.command("train-matching"))
    .option("--epochs <n>", "times that every face is seen", parseWhole(1, 200), 20)
    .option("--margin <n>", "of the triplet loss", parseFraction(0.001, 2), 0.2)
    .option("--batch-size <n>", "faces a step", parseWhole(4, 512), 32)
    .option("--learning-rate <n>", "of Adam", parseFraction(0, 1), 1e-4)
    .option("--min-faces <n>", "confirmed faces that a person needs", parseWhole(3, 1000), 5)
    .summary("train a head on confirmed faces; it is used only where it proves better")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight faces train-matching\n  keepsight faces train-matching --epochs 50 --margin 0.3 --queue",
    )
    .action(async (flags: TrainFlags) => {
      const { epochs, margin, batchSize, learningRate, minFaces } = flags;
      const body = { epochs, margin, batchSize, learningRate, minFacesPerPerson: minFaces };
      await run<TrainAnswer>(open, flags, { path: "/faces/train", body }, describeTraining);
    });
}

function addStats(faces: Command, open: Open): void {
  withJson(faces.command("stats"))
    .summary("show how many faces and persons there are")
    .addHelpText("after", "\nExamples:\n  keepsight faces stats\n  keepsight faces stats --json")
    .action(async (flags: Flags) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const stats = (await call("GET", "/faces/stats")) as FaceStats;
        if (flags.json === true) printJson(world, stats);
        else printLines(world, describeStats(stats));
      });
    });
}

function addIgnored(faces: Command, open: Open): void {
  withJson(faces.command("ignored"))
    .option("--limit <n>", "most faces", parseWhole(1, 100_000), 100)
    .summary("list strangers that were ignored")
    .addHelpText("after", "\nExamples:\n  keepsight faces ignored\n  keepsight faces restore 17 18")
    .action(async (flags: Flags & { limit: number }) => {
      const world = await open();
      await withApi(world, "reading", async ({ call }) => {
        const items: Face[] = [];
        let total = 0;
        for (let page = 1; items.length < flags.limit; page++) {
          const path = `/faces/unassigned?isIgnored=true&page=${page}&pageSize=${PAGE}`;
          const found = (await call("GET", path)) as FacePage;
          items.push(...found.items);
          ({ total } = found);
          if (found.items.length < PAGE) break;
        }
        const shown = items.slice(0, flags.limit);
        if (flags.json === true) return printJson(world, { items: shown, total });
        const rows = shown.map(({ id, photoId }) => [`face ${id}`, `photo ${photoId}`]);
        printLines(world, [...toTable(rows), `${shown.length} of ${total} ignored faces.`]);
      });
    });
}

function addRestore(faces: Command, open: Open): void {
  withJson(faces.command("restore"))
    .argument("<faces...>", "ids of faces", (value: string, before?: number[]) => [
      ...(before ?? []),
      parseFaceId(value),
    ])
    .summary("bring back faces that were ignored or removed")
    .addHelpText("after", "\nExamples:\n  keepsight faces restore 17 18")
    .action(async (faceIds: number[], flags: Flags) => {
      const world = await open();
      await withApi(world, "owning", async ({ call }) => {
        const done = (await call("POST", "/faces/restore", { faceIds })) as Decided;
        if (flags.json === true) return printJson(world, done);
        const count = done.facesChanged === 1 ? "1 face is" : `${done.facesChanged} faces are`;
        printLines(world, [`${count} back. \`keepsight history undo ${done.decisionId}\` takes it back.`]);
      });
    });
}

function addOrphans(faces: Command, open: Open): void {
  withJson(faces.command("find-orphans"))
    .option("--limit <n>", "most orphans to find", parseWhole(1, 100_000), 100)
    .option("--fix", "look for faces again in their photos", false)
    .summary("find faces that cannot be compared for want of an embedding")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight faces find-orphans --limit 1000\n  keepsight faces find-orphans --fix",
    )
    .action(async (flags: Flags & { limit: number; fix: boolean }) => {
      const { limit, fix } = flags;
      const request = { path: "/faces/find-orphans", body: { limit, fix }, need: fix ? "working" : "owning" };
      await run<OrphansAnswer>(
        open,
        flags,
        request as { path: string; body: object; need: ApiNeed },
        describeOrphans,
      );
    });
}
