import { globSync } from "node:fs";
import { basename } from "node:path";

/** `npm run eval NAME`: measures accuracy on labelled photos; `bench/eval/NAME.ts` prints ours beside the reference. */
const names = globSync("*.ts", { cwd: import.meta.dirname })
  .map((file) => basename(file, ".ts"))
  .filter((name) => name !== "run");

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run eval NAME\nEvaluations: ${names.toSorted().join(", ")}`);
  process.exitCode = 64;
} else {
  const { run } = (await import(`./${name}.ts`)) as { run(args: string[]): Promise<void> };
  await run(args);
}
