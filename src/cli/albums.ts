import { type Command, Option } from "commander";
import {
  type Album,
  type AlbumDetails,
  type AlbumPage,
  type ChangedAlbum,
  type SpaceStats,
} from "../api/albums.ts";
import { ALBUM_SPACES, type AlbumSpace } from "../core/album-space.ts";
import { parseWhole } from "./parse-numbers.ts";
import { toPrintable, toTable } from "./print.ts";
import { waitForJob } from "./wait-for-job.ts";
import { askAndPrint } from "./with-api.ts";
import type { LibraryApi, World } from "./world.ts";

type Open = () => Promise<World>;
interface Flags {
  readonly json?: boolean;
}

const parseId = parseWhole(1, Number.MAX_SAFE_INTEGER);
const collectIds = (value: string, former: readonly number[] = []) => [...former, parseId(value)];

/** `keepsight albums list|show|create|add|remove|rename|delete|train|stats`. */
export function addAlbumsCommand(program: Command, open: Open): void {
  const albums = program
    .command("albums")
    .summary("list and make albums, and have albums make themselves")
    .description(
      "Works through a running server where one has the library open. `keepsight history` undoes it.",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  keepsight albums list\n  keepsight albums create "Norway" --photo 12 --photo 13\n  keepsight albums train faces',
    );
  addLists(albums, open);
  addChanges(albums, open);
  addTraining(albums, open);
}

function addLists(albums: Command, open: Open): void {
  albums
    .command("list", { isDefault: true })
    .addOption(new Option("--kind <kind>", "only albums of this kind").choices(["auto", "made"]))
    .addOption(new Option("--space <space>", "only auto-albums of this space").choices([...ALBUM_SPACES]))
    .option("--limit <n>", "most albums", parseWhole(1, 100), 50)
    .option("--json", "print the result as JSON")
    .summary("list albums, those with the newest photos first (default)")
    .addHelpText("after", "\nExamples:\n  keepsight albums list --kind auto --space faces")
    .action(async (flags: Flags & { kind?: string; space?: string; limit: number }) => {
      const query = new URLSearchParams({ pageSize: String(flags.limit) });
      for (const key of ["kind", "space"] as const) if (flags[key] !== undefined) query.set(key, flags[key]);
      await askAndPrint(
        open,
        flags,
        "reading",
        async ({ call }) => (await call("GET", `/albums?${query.toString()}`)) as AlbumPage,
        (page) => [...toTable(page.items.map(toRow)), `${page.items.length} of ${page.total} albums.`],
      );
    });
  albums
    .command("show")
    .argument("<album>", "its id")
    .option("--json", "print the result as JSON")
    .summary("show an album and its newest photos")
    .addHelpText("after", "\nExamples:\n  keepsight albums show 0b9c6a3e-1111-4222-8333-444455556666")
    .action((id: string, flags: Flags) =>
      askAndPrint(
        open,
        flags,
        "reading",
        async ({ call }) => (await call("GET", `/albums/${encodeURIComponent(id)}`)) as AlbumDetails,
        (album) => [
          ...toTable([toRow(album)]),
          ...toTable(
            album.photos.items.map((photo) => [String(photo.id), photo.day, toPrintable(photo.fileName)]),
          ),
          `${album.photos.items.length} of ${album.photoCount} photos.`,
        ],
      ),
    );
}

function addChanges(albums: Command, open: Open): void {
  const change = (
    name: string,
    summary: string,
    example: string,
    toBody: (value: string, flags: { photo?: readonly number[] }) => object | undefined,
  ) => {
    const command = albums
      .command(name)
      .argument(name === "create" ? "<title>" : "<album>", name === "create" ? "its title" : "its id");
    if (name === "rename") command.argument("<title>", "its new title");
    if (name !== "rename" && name !== "delete")
      command.option("--photo <id>", "a photo; again for more", collectIds);
    command
      .option("--json", "print the result as JSON")
      .summary(summary)
      .addHelpText("after", `\nExamples:\n  keepsight albums ${name} ${example}`)
      .action(async (first: string, ...rest: unknown[]) => {
        const title = typeof rest[0] === "string" ? rest[0] : first;
        const flags = rest.find((value) => typeof value === "object") as Flags & {
          photo?: readonly number[];
        };
        const path = name === "create" ? "/albums" : `/albums/${encodeURIComponent(first)}`;
        const method = name === "create" ? "POST" : name === "delete" ? "DELETE" : "PUT";
        const send = ({ call }: LibraryApi) => call(method, path, toBody(title, flags));
        await askAndPrint(
          open,
          flags,
          "owning",
          async (api) => (await send(api)) as ChangedAlbum,
          (done) => (name === "delete" ? ["Deleted; its photos stay."] : toTable([toRow(done)])),
        );
      });
  };
  change("create", "make an album", '"Norway" --photo 12', (title, { photo = [] }) => ({
    title,
    photoIds: photo,
  }));
  change("add", "put photos into an album", "<id> --photo 12", (_, { photo = [] }) => ({
    addPhotoIds: photo,
  }));
  change("remove", "take photos out of an album", "<id> --photo 12", (_, { photo = [] }) => ({
    removePhotoIds: photo,
  }));
  change("rename", "give an album another title", '<id> "Norway 2024"', (title) => ({ title }));
  change("delete", "delete an album; its photos stay", "<id>", () => undefined);
}

function addTraining(albums: Command, open: Open): void {
  albums
    .command("train")
    .argument("[spaces...]", `of ${ALBUM_SPACES.join(", ")} (default: all that can)`)
    .option("--count <n>", "centroids wanted", parseWhole(1, 1000))
    .option("--json", "print the result as JSON")
    .summary("compute auto-albums anew; they go on being themselves")
    .addHelpText("after", "\nExamples:\n  keepsight albums train\n  keepsight albums train faces --count 40")
    .action(async (spaces: AlbumSpace[], flags: Flags & { count?: number }) => {
      await askAndPrint(
        open,
        flags,
        "working",
        (api, signal) => train(api, { spaces, clusterCount: flags.count, signal }),
        (stats) => stats.flatMap(describeSpace),
      );
    });
  albums
    .command("stats")
    .option("--json", "print the result as JSON")
    .summary("how it stands with auto-albums, and what is missing")
    .addHelpText("after", "\nExamples:\n  keepsight albums stats")
    .action((flags: Flags) =>
      askAndPrint(open, flags, "reading", readStats, (stats) => stats.flatMap(describeSpace)),
    );
}

async function train(
  api: LibraryApi,
  {
    spaces,
    clusterCount,
    signal,
  }: {
    readonly spaces: readonly AlbumSpace[];
    readonly clusterCount: number | undefined;
    readonly signal: AbortSignal;
  },
) {
  const available = (await readStats(api)).filter(({ isAvailable }) => isAvailable).map(({ space }) => space);
  for (const space of spaces.length === 0 ? available : spaces) {
    const body = clusterCount === undefined ? {} : { clusterCount };
    const { jobId } = (await api.call("POST", `/clusters/${space}/train`, body)) as { jobId: number };
    await waitForJob(api, jobId, signal);
  }
  return readStats(api);
}

async function readStats({ call }: LibraryApi): Promise<readonly SpaceStats[]> {
  const stats: SpaceStats[] = [];
  for (const space of ALBUM_SPACES) stats.push((await call("GET", `/clusters/${space}/stats`)) as SpaceStats);
  return stats;
}

function describeSpace({
  space,
  reason,
  albums,
  assigned,
  embeddings,
  centroids,
}: SpaceStats): readonly string[] {
  const what = reason ?? `${albums} albums, ${centroids} centroids, ${assigned} of ${embeddings} assigned`;
  return toTable([[space, what]]);
}

function toRow({ id, kind, space, title, photoCount, firstDay, lastDay }: Album): readonly string[] {
  const days = firstDay === null ? "" : firstDay === lastDay ? firstDay : `${firstDay} – ${lastDay}`;
  return [id, space ?? kind, String(photoCount), days, toPrintable(title)];
}
