import { globSync } from "node:fs";
import { constants } from "node:os";
import { basename } from "node:path";

/** `npm run bench NAME [options]`: runs `bench/NAME.ts`, which prints its figures beside a reference of the same run. */
const names = globSync("*.ts", { cwd: import.meta.dirname })
  .map((file) => basename(file, ".ts"))
  .filter((name) => name !== "run")
  .toSorted();

// A signal ends what a benchmark started, too: see the listeners of "exit".
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]));

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench NAME\nBenchmarks: ${names.join(", ")}`);
  process.exitCode = 64;
} else {
  const { run } = (await import(`./${name}.ts`)) as { run(args: string[]): Promise<void> };
  await run(args);
}
