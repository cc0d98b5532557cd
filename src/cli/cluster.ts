import { type Command, InvalidArgumentError, Option } from "commander";
import { CLUSTER_METHODS, type ClusterFileOptions, type FileClustering } from "../engine/cluster-file.ts";
import { printJson, printLines, toTable } from "./print.ts";
import type { World } from "./world.ts";

/** Options as commander gives them; the rest have the names of the engine's. */
type Flags = Omit<ClusterFileOptions, "calibration" | "photosFile" | "labelsFile" | "clusterCount"> & {
  readonly strangerSimilarity: number;
  readonly matchSimilarity: number;
  readonly photos?: string;
  readonly labels?: string;
  readonly clusters: number;
  readonly json?: boolean;
};

const EXAMPLES = `
Examples:
  keepsight cluster faces.npy --json
  keepsight cluster faces.npy --method hdbscan --min-cluster-size 5 --min-samples 3 --metric cosine
  keepsight cluster faces.npy --method whispers --threshold 0.5 --merge 0.6 --adopt 0.45 --labels people.npy
  keepsight cluster faces.npy --method auto --photos photos.npy`;

/** `keepsight cluster X.npy`: clusters the rows of any matrix, without a library. */
export function addClusterCommand(program: Command, open: () => Promise<World>): void {
  const command = program
    .command("cluster")
    .argument("<file>", "NumPy file (.npy) with a row for each point")
    .addOption(new Option("--method <name>", "how").choices(CLUSTER_METHODS).default("hdbscan"))
    .addOption(new Option("--metric <name>", "how far").choices(["cosine", "euclidean"]).default("cosine"))
    .option("--min-cluster-size <n>", "hdbscan: points that make a cluster", parseCount, 5)
    .option(
      "--min-samples <n>",
      "hdbscan: neighbours that make a place dense, itself not counted",
      parseCount,
      3,
    )
    .option(
      "--epsilon <distance>",
      "hdbscan: below it nothing is split (default 0); dbscan: how near (0.6)",
      parseNumber,
    )
    .addOption(
      new Option("--selection <name>", "hdbscan: which clusters").choices(["eom", "leaf"]).default("eom"),
    )
    .option("--allow-single-cluster", "hdbscan: all points may be one cluster", false)
    .option("--min-points <n>", "dbscan: points that make a place dense, itself counted", parseCount, 3)
    .addOption(
      new Option("--linkage <name>", "agglomerative")
        .choices(["average", "complete", "single"])
        .default("average"),
    )
    .option("--threshold <distance>", "agglomerative, whispers: how near", parseNumber, 0.6)
    .option("--clusters <n>", "kmeans: how many", parseCount, 8)
    .option("--seed <n>", "whispers, kmeans: another draw", parseNumber, 1)
    .option("--stranger-similarity <cosine>", "auto: mean similarity of strangers", parseNumber, 0.013)
    .option(
      "--match-similarity <cosine>",
      "auto: similarity that 1 of 1,000 pairs of strangers exceeds",
      parseNumber,
      0.344,
    )
    .option("--split <distance>", "then split clusters by average linkage", parseNumber)
    .option("--merge <similarity>", "then merge clusters whose centroids are so similar", parseNumber)
    .option("--adopt <similarity>", "then give lone points to centroids that are so similar", parseNumber)
    .option(
      "--photos <file>",
      "NumPy file with the photo of each row: agglomerative, auto and the steps keep those of one apart",
    )
    .option("--labels <file>", "NumPy file with what each row truly is: print how well the clusters agree")
    .option("--json", "print labels and probabilities as JSON")
    .summary("cluster the rows of a matrix, without a library")
    .addHelpText("after", EXAMPLES);
  command.action(async (file: string, flags: Flags) => {
    const world = await open();
    const { clusterFile } = await import("../engine/cluster-file.ts");
    const { strangerSimilarity, matchSimilarity, photos, labels, clusters, json, ...options } = flags;
    const result = await clusterFile(file, {
      ...options,
      calibration: { strangerSimilarity, matchSimilarity },
      clusterCount: clusters,
      photosFile: photos,
      labelsFile: labels,
    });
    if (json === true) printJson(world, { method: flags.method, metric: flags.metric, ...result });
    else printLines(world, describeClusters(result));
  });
}

/** Sizes of the clusters that are listed. */
const LISTED_SIZES = 12;

function describeClusters({ points, clusters, noise, labels, agreement }: FileClustering): string[] {
  const sizes = [...Map.groupBy(labels, (label) => label)]
    .filter(([label]) => label !== -1)
    .map(([, members]) => members.length)
    .toSorted((a, b) => b - a);
  const listed = sizes.slice(0, LISTED_SIZES).join(", ") + (sizes.length > LISTED_SIZES ? ", …" : "");
  const lines = [`${points} points, ${clusters} clusters, ${noise} noise.`];
  if (sizes.length > 0) lines.push(`Points a cluster: ${listed}`);
  if (agreement === undefined) return lines;
  const rows = (["pairwise", "bcubed"] as const).map((name) => {
    const { precision, recall, f1 } = agreement[name];
    return [name, `F ${f1.toFixed(4)}`, `precision ${precision.toFixed(4)}`, `recall ${recall.toFixed(4)}`];
  });
  return [
    ...lines,
    ...toTable(rows),
    `adjusted Rand index ${agreement.adjustedRandIndex.toFixed(4)}, normalised mutual information ${agreement.normalizedMutualInformation.toFixed(4)}`,
  ];
}

function parseNumber(value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number)) return number;
  throw new InvalidArgumentError(`expected a number, got "${value}".`);
}

function parseCount(value: string): number {
  const number = parseNumber(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError(`expected a whole number from 1 on, got "${value}".`);
}
