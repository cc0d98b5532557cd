/**
 * What the browser keeps of the app: the app itself, thumbnails, and the last answers about the timeline, so that a phone
 * without the server shows what it showed before. Fresh is fresh: answers of the API come from the server whenever it can
 * be reached, and a kept one says since when (`x-keepsight-kept`).
 *
 * The list of the app's files and its version are put in by the build.
 */

/** What this file needs of the types of service workers, which do not go together with those of pages. */
interface WorkerEvent extends Event {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  addEventListener(type: "install" | "activate" | "fetch", listener: (event: WorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
}
declare const __APP_FILES__: readonly string[];
declare const __APP_VERSION__: string;

const worker = globalThis as unknown as WorkerScope;

const APP = "keepsight-app-";
const PICTURES = "keepsight-pictures";
const ANSWERS = "keepsight-answers";

/** Thumbnails kept: about 100 MB. */
const MAX_PICTURES = 5000;

/** Answers kept: those of a few months, and of photos looked at. */
const MAX_ANSWERS = 400;

/** Every so many new entries, the oldest beyond the limit go. */
const TRIM_EVERY = 50;

/** A page that takes longer than this is shown from what is kept; it is asked for all the same. */
const PATIENCE_MS = 4000;

const IS_PICTURE = /^\/api\/v1\/photos\/\d+\/thumbnail$/;
const IS_ANSWER = /^\/api\/v1\/(timeline(\/.+)?|photos\/\d+|faces\/photos\/\d+)$/;
const IS_OTHER = /^\/(api|docs|health|metrics|v2)(\/|$)/;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(APP + __APP_VERSION__);
      await cache.addAll(["/", ...__APP_FILES__]);
      // Pages that are open keep finding their own files: those of the version before are still there.
      await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const versions = (await caches.keys()).filter((name) => name.startsWith(APP));
      // In the order in which they were made: this one and the one before stay.
      for (const name of versions.slice(0, -2)) await caches.delete(name);
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (IS_PICTURE.test(url.pathname) && url.searchParams.has("v")) event.respondWith(keptOrFetched(request));
  else if (IS_ANSWER.test(url.pathname)) event.respondWith(fetchedOrKept(request));
  else if (IS_OTHER.test(url.pathname)) return;
  else if (request.mode === "navigate") event.respondWith(page(request));
  else event.respondWith(fileOfApp(request));
});

/** The page from the server; what is kept of it when the server does not answer. */
async function page(request: Request): Promise<Response> {
  const fetched = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
  const answer = await Promise.race([fetched.catch(() => undefined), late]);
  if (answer) return answer;
  return (await caches.match("/")) ?? fetched;
}

/** A file of the app: its name changes with its content, or it is of no weight. */
async function fileOfApp(request: Request): Promise<Response> {
  const isHashed = new URL(request.url).pathname.startsWith("/assets/");
  if (isHashed) return (await caches.match(request)) ?? fetchAndKeep(request);
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw error;
  }
}

/** A file of the app that is fetched when it is first wanted, such as the map: kept with the version that wanted it. */
async function fetchAndKeep(request: Request): Promise<Response> {
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(APP + __APP_VERSION__)).put(request, answer.clone());
  return answer;
}

/** A thumbnail: its address has the version of its content, so what is kept is right. */
async function keptOrFetched(request: Request): Promise<Response> {
  const cache = await caches.open(PICTURES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && /immutable/.test(answer.headers.get("cache-control") ?? ""))
    await keep(cache, request, answer.clone(), MAX_PICTURES);
  return answer;
}

/** What the server says; what it said last, marked as such, when it cannot be reached. */
async function fetchedOrKept(request: Request): Promise<Response> {
  const cache = await caches.open(ANSWERS);
  try {
    const answer = await fetch(request);
    if (answer.ok) void keep(cache, request, await withTime(answer.clone()), MAX_ANSWERS);
    return answer;
  } catch (error) {
    const kept = request.signal.aborted ? undefined : await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}

async function withTime(answer: Response): Promise<Response> {
  const headers = new Headers(answer.headers);
  headers.set("x-keepsight-kept", new Date().toISOString());
  return new Response(await answer.blob(), { status: answer.status, headers });
}

let added = 0;

async function keep(cache: Cache, request: Request, answer: Response, limit: number): Promise<void> {
  try {
    await cache.put(request, answer);
    if (++added % TRIM_EVERY > 0) return;
    const keys = await cache.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - limit))) await cache.delete(key);
  } catch {
    // The device is full: then nothing is kept, and everything works as without.
  }
}
