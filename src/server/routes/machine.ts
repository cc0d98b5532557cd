import { isAbsolute, normalize } from "node:path";
import {
  BrowsedFolder,
  BrowseQuery,
  CountedPhotos,
  PhotosInQuery,
  Machine,
  MachineSpeed,
} from "../../api/machine.ts";
import { KeepsightError } from "../../core/errors.ts";
import { browseFolder, countPhotos } from "../../engine/import/browse-folder.ts";
import type { Machine as MachineFacts } from "../../engine/machine.ts";
import type { ApiServer } from "../api-server.ts";

const tags = ["system"];

/** Counting ends after this long: whoever waits for a number wants one soon, milliseconds. */
const COUNT_LIMIT_MS = 4000;

export interface MachineRoutesOptions {
  readonly machine: MachineFacts;
  readonly dataDirectory: string;
}

/** What whoever begins a library wants to know: the machine, its folders, and how long photos will take. */
export function addMachineRoutes(server: ApiServer, { machine, dataDirectory }: MachineRoutesOptions): void {
  server.get(
    "/machine",
    {
      schema: {
        tags,
        summary: "The machine, and what it sees with",
        response: { 200: Machine },
      },
    },
    async () => {
      const { steps, offers, ...facts } = await machine.describe();
      return {
        ...facts,
        steps: steps.map((step) => ({ ...step, modelIds: [...step.modelIds] })),
        offers: offers.map((offer) => ({ ...offer, models: [...offer.models] })),
      };
    },
  );

  server.get(
    "/machine/speed",
    {
      schema: {
        tags,
        summary: "How fast the machine analyses the photos of a folder",
        description: "Measured on a few of them, which takes some seconds; nothing is kept of them.",
        querystring: PhotosInQuery,
        response: { 200: MachineSpeed },
      },
    },
    async ({ query: { path } }) => ({
      photosPerSecond: (await machine.speed(requireWholePath(path))) ?? null,
    }),
  );

  server.get(
    "/machine/folders",
    {
      schema: {
        tags,
        summary: "Folders in a folder of the machine",
        querystring: BrowseQuery,
        response: { 200: BrowsedFolder },
      },
    },
    async ({ query: { path } }) => {
      const { parent, folders, ...found } = await browseFolder(path && requireWholePath(path));
      return { ...found, parent: parent ?? null, folders: [...folders] };
    },
  );

  server.get(
    "/machine/photos",
    {
      schema: {
        tags,
        summary: "How many photos are in a folder of the machine and below it",
        querystring: PhotosInQuery,
        response: { 200: CountedPhotos },
      },
    },
    async ({ query: { path } }) =>
      countPhotos(requireWholePath(path), { exclude: [dataDirectory], limitMs: COUNT_LIMIT_MS }),
  );
}

function requireWholePath(path: string): string {
  if (!isAbsolute(path) || path.includes("\0"))
    throw new KeepsightError("bad_request", `path: give the whole path of the folder, not "${path}".`);
  return normalize(path);
}
