import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { KeepsightError } from "../core/errors.ts";
import type { ModelSummary } from "../engine/installed-models.ts";
import { addQuantizeCommand } from "./quantize-model.ts";
import { addExportTritonCommand } from "./export-triton.ts";
import { formatBytes, printJson, printLines, toTable } from "./print.ts";
import { TASK_NAMES } from "./task-names.ts";
import type { World } from "./world.ts";

/** `keepsight models list|pull|verify|quantize`. */
export function addModelsCommand(program: Command, open: () => Promise<World>): void {
  const models = program
    .command("models")
    .summary("list, download and verify models")
    .addHelpText("after", "\nExamples:\n  keepsight models list\n  keepsight models pull open");
  addList(models, open);
  addPull(models, open);
  addVerify(models, open);
  addExportTritonCommand(models, open);
  addQuantizeCommand(models, open);
}

function addList(models: Command, open: () => Promise<World>): void {
  models
    .command("list", { isDefault: true })
    .option("--all", "also models that are neither here nor to be downloaded")
    .option("--json", "print the result as JSON, all models included")
    .summary("list models and what each step runs with (default)")
    .addHelpText("after", "\nExamples:\n  keepsight models list\n  keepsight models list --all")
    .action(async ({ all = false, json = false }: { all?: boolean; json?: boolean }) => {
      const world = await open();
      const listed = await world.models.list();
      if (json) return printJson(world, listed);
      const shown = listed.models.filter(
        ({ state, canDownload }) => all || canDownload || state !== "missing",
      );
      printLines(world, [
        ...toTable(listed.steps.map(({ step, modelIds, reason }) => [step, reason ?? modelIds.join(" + ")])),
        "",
        ...listTasks(shown),
        ...listSets(listed.models),
        ...listed.models.flatMap(({ id, problems }) =>
          problems.map((problem) => `corrupt: ${id}: ${problem}`),
        ),
        ...listed.problems.map(({ path, message }) => `problem: ${path}: ${message}`),
      ]);
    });
}

/** The models of each task below its heading. */
function listTasks(models: readonly ModelSummary[]): string[] {
  const tasks = new Set([...Object.keys(TASK_NAMES), ...models.map(({ task }) => task)]);
  const rows = [...tasks].flatMap((task) => {
    const own = models.filter((model) => model.task === task);
    return own.length === 0 ? [] : [[TASK_NAMES[task] ?? task], ...own.map(toRow), [""]];
  });
  return toTable(rows);
}

function toRow(model: ModelSummary): string[] {
  const { id, state, source, isActive, licence, canDownload } = model;
  const installed = `${isActive ? "in use" : "installed"} (${source})`;
  const absent = canDownload ? "to download" : "not to download";
  const stateText = state === "installed" ? installed : state === "missing" ? absent : `${state}, ${absent}`;
  const licenceText = `${licence.name}${licence.commercial ? "" : " (restricted)"}`;
  const doubt = model.unverified.length > 0 ? "; no checksum known" : "";
  return [`  ${id}`, stateText, formatSize(model), licenceText + doubt];
}

function formatSize({ byteSize, isSizeKnown }: ModelSummary): string {
  if (isSizeKnown) return formatBytes(byteSize);
  return byteSize === 0 ? "size unknown" : `about ${formatBytes(byteSize)}`;
}

/** What one `pull` of each set brings. */
function listSets(models: readonly ModelSummary[]): string[] {
  const sets = [...new Set(models.flatMap((model) => model.sets))];
  const rows = sets.map((set) => {
    const own = models.filter((model) => model.sets.includes(set));
    const bytes = own.reduce((sum, { byteSize }) => sum + byteSize, 0);
    const flag = own.every(({ licence }) => licence.commercial) ? "" : " --accept-licences";
    const names = own.map(({ id }) => id).join(", ");
    return [`keepsight models pull ${set}${flag}`, formatBytes(bytes), names];
  });
  return toTable(rows);
}

interface PullFlags {
  readonly acceptLicences?: boolean;
  readonly acceptUnverified?: boolean;
  readonly json?: boolean;
}

/** Said of every model before any of it is downloaded. */
function describeLicence({ id, title, licence, ...size }: ModelSummary): string {
  const url = licence.url === null ? "" : ` (${licence.url})`;
  return `${id}: ${title}, ${formatSize({ id, title, licence, ...size })}\n  licence: ${licence.name}${url}\n`;
}

function addPull(models: Command, open: () => Promise<World>): void {
  models
    .command("pull")
    .argument("<names...>", "models, or the sets `open` and `recommended`")
    .option("--accept-licences", "agree to licences that restrict use, such as research only")
    .option("--accept-unverified", "take the word of the server for files without a known checksum")
    .option("--json", "print the result as JSON")
    .summary("download models")
    .addHelpText(
      "after",
      "\nExamples:\n  keepsight models pull open\n  keepsight models pull recommended --accept-licences",
    )
    .action(async (names: string[], flags: PullFlags) => {
      const world = await open();
      const wanted = (await Promise.all(names.map((name) => world.models.find(name)))).flat();
      const missing = wanted.filter(({ state }) => state !== "installed");
      checkConsent(missing, flags.acceptLicences === true);
      for (const model of missing) {
        world.remarks.write(describeLicence(model));
        await pullOne(world, model, flags.acceptUnverified === true);
      }
      const result = await Promise.all(wanted.map(async ({ id }) => (await world.models.find(id))[0]!));
      if (flags.json === true) printJson(world, result);
      else
        printLines(
          world,
          result.map(({ id, state }) => `${id}: ${state}`),
        );
    });
}

function checkConsent(missing: readonly ModelSummary[], isAccepted: boolean): void {
  const restricted = missing.filter(({ licence }) => !licence.commercial);
  if (restricted.length === 0 || isAccepted) return;
  const terms = restricted.map(
    ({ id, licence }) => `  ${id}: ${licence.name}${licence.url === null ? "" : ` (${licence.url})`}`,
  );
  throw new KeepsightError(
    "forbidden",
    `These models may not be used for everything:\n${terms.join("\n")}\nRead the licences, then repeat with --accept-licences.`,
  );
}

async function pullOne(
  { models, remarks, signal }: World,
  model: ModelSummary,
  acceptUnverified: boolean,
): Promise<void> {
  const isTerminal = remarks.isTTY === true;
  const bar = new SingleBar({
    stream: remarks as NodeJS.WriteStream,
    format: `${model.id} [{bar}] {percentage} %  {received} of {size}`,
    barsize: 28,
    noTTYOutput: false,
  });
  if (isTerminal) bar.start(Math.max(1, model.byteSize), 0, { received: "0 B", size: formatSize(model) });
  else remarks.write(`downloading ${model.id} (${formatSize(model)})\n`);
  try {
    await models.pull(model.id, {
      signal,
      acceptUnverified,
      onProgress: ({ receivedBytes, totalBytes }) => {
        if (!isTerminal) return;
        bar.setTotal(Math.max(1, totalBytes));
        bar.update(receivedBytes, { received: formatBytes(receivedBytes), size: formatBytes(totalBytes) });
      },
    });
  } finally {
    if (isTerminal) bar.stop();
  }
}

function addVerify(models: Command, open: () => Promise<World>): void {
  models
    .command("verify")
    .argument("[names...]", "models or sets; none: everything that is installed")
    .option("--json", "print the result as JSON")
    .summary("read every byte of installed models and compare checksums")
    .addHelpText("after", "\nExamples:\n  keepsight models verify\n  keepsight models verify yolox-s --json")
    .action(async (names: string[], { json = false }: { json?: boolean }) => {
      const world = await open();
      const chosen =
        names.length === 0
          ? (await world.models.list()).models.filter(({ state }) => state !== "missing")
          : (await Promise.all(names.map((name) => world.models.find(name)))).flat();
      const verified: ModelSummary[] = [];
      for (const { id } of chosen) verified.push(await world.models.verify(id));
      if (json) printJson(world, verified);
      else printLines(world, toTable(verified.map(({ id, state, problems }) => [id, state, ...problems])));
      if (verified.some(({ state }) => state === "corrupt")) process.exitCode = 1;
    });
}
