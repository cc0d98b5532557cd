import { existsSync } from "node:fs";
import multipart from "@fastify/multipart";
import staticFiles from "@fastify/static";
import Fastify, { LogController } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { z } from "zod";
import { API_PREFIX } from "../api/common.ts";
import type { Logger } from "../core/logger.ts";
import type { JobOverview } from "../engine/jobs/job-overview.ts";
import type { FaceThumbnails } from "../engine/face-thumbnails.ts";
import type { LibraryEvents } from "../engine/library-events.ts";
import type { Measurements } from "../engine/measurements.ts";
import type { PhotoLibrary } from "../engine/photo-library.ts";
import type { SavedSearches } from "../engine/search/searching.ts";
import { guardAccess, type AccessOptions } from "./access.ts";
import type { ApiServer } from "./api-server.ts";
import { addDocumentation } from "./documentation.ts";
import { addEventStream } from "./event-stream.ts";
import { addHealthRoutes, type Readiness } from "./routes/health.ts";
import { addDownloadRoutes } from "./routes/downloads.ts";
import { addFolderRoutes, type FolderRoutesOptions } from "./routes/folders.ts";
import { addIngestRoutes, type IngestRoutesOptions } from "./routes/ingest.ts";
import { addJobRoutes } from "./routes/jobs.ts";
import { addOcrRoutes, type OcrRoutesOptions } from "./routes/ocr.ts";
import { addMachineRoutes, type MachineRoutesOptions } from "./routes/machine.ts";
import { addMapRoutes } from "./routes/map.ts";
import { addPhotoRoutes } from "./routes/photos.ts";
import { addSavedSearchRoutes } from "./routes/saved-searches.ts";
import { addSearchRequestRoutes } from "./routes/search-requests.ts";
import { addSearchRoutes, type SearchRoutesOptions } from "./routes/search.ts";
import type { Concepts } from "../engine/concepts/concepts.ts";
import type { OwnEvaluation } from "../engine/evaluation/own-grades.ts";
import { addEvaluationRoutes } from "./routes/evaluations.ts";
import { addConceptRoutes } from "./routes/concepts.ts";
import { addSimilarRoutes, type SimilarRoutesOptions } from "./routes/similar.ts";
import { addDuplicateRoutes } from "./routes/duplicates.ts";
import { addFindDuplicatesRoutes, type FindDuplicatesOptions } from "./routes/find-duplicates.ts";
import type { Albums } from "../engine/albums/albums.ts";
import type { Maintenance } from "../engine/maintenance/maintenance.ts";
import type { Made } from "../engine/made/made.ts";
import { addAlbumRoutes } from "./routes/albums.ts";
import { addCategoryRoutes } from "./routes/categories.ts";
import { addMaintenanceRoutes } from "./routes/maintenance.ts";
import { addMadeRoutes } from "./routes/made.ts";
import { addPhotoChangeRoutes } from "./routes/photo-changes.ts";
import { addFaceLookRoutes } from "./routes/face-looks.ts";
import { addFaceRoundRoutes } from "./routes/face-rounds.ts";
import { addFaceRoutes } from "./routes/faces.ts";
import { addHistoryRoutes } from "./routes/history.ts";
import { addPersonRoutes, type PersonRoutesOptions } from "./routes/persons.ts";
import { addFaceThumbnailRoutes } from "./routes/face-thumbnails.ts";
import { addSystemRoutes, type SystemRoutesOptions } from "./routes/system.ts";
import { limitRates, type RateLimits } from "./limit-rates.ts";
import { limitUploads, SLOWEST_UPLOAD, type UploadLimits } from "./limit-uploads.ts";
import { createMetrics } from "./metrics.ts";
import { handleError, sendProblem, toProblem } from "./problem.ts";
import { parseStrictly } from "./unknown-fields.ts";

/** Largest JSON body, bytes; photos have their own limit. */
const MAX_JSON_BYTES = 1024 * 1024;

/** Everything comes from this server; pictures may also be made by the page itself (placeholders). */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'";

/** Paths that no page of the web app has: those of the API, of operation, and of files. */
const NO_PAGES = /^\/(?:api|docs|health|metrics)(?:\/|$)|\.\w+$/;

/** Whoever has not said by then what it wants is let go, milliseconds. */
const HEADERS_TIMEOUT_MS = 20_000;

/** Answers that are on their way get this long when the server stops, milliseconds. */
const CLOSE_GRACE_MS = 2000;

/** What the server shows. */
export interface ServerOptions
  extends
    AccessOptions,
    RateLimits,
    Pick<UploadLimits, "maxUploads">,
    SearchRoutesOptions,
    SimilarRoutesOptions,
    PersonRoutesOptions,
    SystemRoutesOptions,
    IngestRoutesOptions,
    FolderRoutesOptions,
    MachineRoutesOptions,
    OcrRoutesOptions,
    FindDuplicatesOptions {
  readonly library: PhotoLibrary;
  readonly concepts: Concepts;
  readonly evaluation: OwnEvaluation;
  readonly faceThumbnails: FaceThumbnails;
  readonly albums: Albums;
  readonly maintenance: Maintenance;
  readonly made: Made;
  readonly savedSearches: SavedSearches;
  readonly jobs: JobOverview;
  readonly measurements: Measurements;
  readonly events: LibraryEvents;
  readonly readiness: Readiness;
  readonly version: string;
  /** Addresses of proxies whose word on where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
  /** Folder of the built web app. */
  readonly webDirectory: string;
}

/** The HTTP server: API, documentation, health, metrics and the web app. It does not listen yet. */
export async function createServer(options: ServerOptions): Promise<ApiServer> {
  const server = Fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_JSON_BYTES,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: "idle",
    trustProxy: options.trustedProxies.length > 0 && [...options.trustedProxies],
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
  }).withTypeProvider<ZodTypeProvider>() as unknown as ApiServer;
  server.setValidatorCompiler(({ schema }) => (data) => {
    try {
      return { value: parseStrictly(schema as z.ZodType, data) };
    } catch (error) {
      return { error: error as Error };
    }
  });
  // Answers are typed by the compiler and checked against their schemas by the tests; checking each again costs time.
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  server.setErrorHandler(handleError);
  server.addHook("onSend", async (_request, reply) => {
    if (!reply.hasHeader("content-security-policy"))
      reply.header("content-security-policy", CONTENT_SECURITY_POLICY);
    reply
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "same-origin")
      .header("cross-origin-resource-policy", "same-origin");
  });
  server.addHook("preClose", async () => {
    // A client that takes no more of its answer must not keep the server from ending.
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  guardAccess(server, options, await limitRates(server, options));
  limitUploads(server, { ...SLOWEST_UPLOAD, maxUploads: options.maxUploads });
  const metrics = createMetrics(server, options.jobs, options.measurements);
  // An upload that is too large is refused by whoever receives it, with the same words for one file and for many.
  await server.register(multipart, { throwFileSizeLimit: false });
  await addDocumentation(server, options.version);
  addHealthRoutes(server, { readiness: options.readiness, metrics });
  await server.register(
    async (api) => {
      const typed = api as unknown as ApiServer;
      addPhotoRoutes(typed, options.library);
      addDownloadRoutes(typed, options.library.downloads);
      addMapRoutes(typed, options.library);
      addPhotoChangeRoutes(typed, options.albums);
      addAlbumRoutes(typed, options.albums);
      addCategoryRoutes(typed, options.albums);
      addMaintenanceRoutes(typed, options.maintenance);
      addMadeRoutes(typed, options.made);
      addFaceThumbnailRoutes(typed, options.faceThumbnails);
      addPersonRoutes(typed, options);
      addFaceRoutes(typed, options);
      addFaceLookRoutes(typed, options);
      addFaceRoundRoutes(typed, options.people);
      addHistoryRoutes(typed, options.people.history);
      addSearchRoutes(typed, options);
      addSearchRequestRoutes(typed, options);
      addSavedSearchRoutes(typed, options.savedSearches);
      addConceptRoutes(typed, options.concepts);
      addSimilarRoutes(typed, options);
      addEvaluationRoutes(typed, options.evaluation);
      addDuplicateRoutes(typed, options.duplicates);
      addFindDuplicatesRoutes(typed, options);
      addIngestRoutes(typed, options);
      addFolderRoutes(typed, options);
      addMachineRoutes(typed, options);
      addOcrRoutes(typed, options);
      addJobRoutes(typed, options.jobs);
      addSystemRoutes(typed, options);
      addEventStream(typed, options);
    },
    { prefix: API_PREFIX },
  );
  await addWebApp(server, options.webDirectory);
  return server;
}

async function addWebApp(server: ApiServer, directory: string): Promise<void> {
  const isBuilt = existsSync(directory);
  if (isBuilt) {
    await server.register(staticFiles, {
      root: directory,
      setHeaders: (reply, path) => {
        // Vite puts a hash of the content into the names of assets.
        const isHashed = path.includes("/assets/");
        reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    const isPage = request.method === "GET" && !NO_PAGES.test(path);
    if (isPage && isBuilt) return reply.header("cache-control", "no-cache").sendFile("index.html");
    const detail = isPage
      ? "The web app has not been built; run `npm run prepare`."
      : `There is nothing at ${request.method} ${path}.`;
    return sendProblem(reply, toProblem("not_found", detail));
  });
}
