import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Face } from "../../../src/api/people.ts";
import type { PhotoDetails, PhotoSummary } from "../../../src/api/photos.ts";
import { api, type ApiError } from "../api-client.ts";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon } from "../components/icon.tsx";
import { useReturnedFocus } from "../components/use-returned-focus.ts";
import { decisionChanges, useUndoKey } from "../people/decide.ts";
import { usePeopleReload } from "../people/people-changes.ts";
import { hidePhotos } from "../photos/photo-actions.tsx";
import { location, navigate } from "../router.ts";
import { formatLike, searchHref } from "../search/search-state.ts";
import { onLibraryEvent } from "../state/events.ts";
import { focusedPhotoId, photoSequence } from "../state/photo-sequence.ts";
import { useResource } from "../state/resource.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { DrawFace } from "./draw-face.tsx";
import { FaceMenu } from "./face-menu.tsx";
import { HideQuestion } from "./hide-question.tsx";
import { rate, toggleFavourite } from "./photo-decisions.ts";
import { PhotoPanel } from "./photo-panel.tsx";
import { PhotoStage, type StageControls } from "./photo-stage.tsx";
import { useNeighbours } from "./use-neighbours.ts";
import { useViewerKeys } from "./use-viewer-keys.ts";
import { type Overlay, ViewerBar } from "./viewer-bar.tsx";

/** While a photo is analysed, it is fetched again at most this often. */
const REFRESH_MS = 300;

/** What is drawn over the photo; kept from photo to photo. */
const shownOverlays = signal<ReadonlySet<Overlay>>(new Set());

/** Whether the panel is open; at first only where there is room beside the photo. */
const isPanelOpen = signal(matchMedia("(min-width: 900px)").matches);

/** One photo, large, with everything known of it: over the grid it was opened from, or alone. */
export function PhotoViewer({ photoId }: { readonly photoId: number }) {
  const details = useResource(String(photoId), (aborted) => api.photo(photoId, aborted));
  const found = useResource(`faces ${photoId}`, (aborted) => api.photoFaces(photoId, aborted));
  const faces = found.data?.items ?? [];
  const [openFace, setOpenFace] = useState<{ readonly id: number; readonly anchor: DOMRect }>();
  const [drawing, setDrawing] = useState<"face" | "search">();
  const faceInMenu = faces.find(({ id }) => id === openFace?.id);
  usePeopleReload(found.reload);
  const seenDecisions = useRef(decisionChanges.peek());
  useEffect(() => {
    if (seenDecisions.current !== decisionChanges.value) details.reload();
    seenDecisions.current = decisionChanges.value;
  }, [decisionChanges.value]);
  useUndoKey();
  const known = details.data ?? photoSequence.value?.find(photoId);
  const { previous, next } = useNeighbours(photoId);
  const [isConfirming, setConfirming] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  const stage = useRef<StageControls | undefined>(undefined);

  useEffect(() => {
    focusedPhotoId.value = photoId;
    if (known) document.title = `${known.fileName} · ${strings.appName}`;
  }, [photoId, known?.fileName]);
  useReturnedFocus();
  useEffect(() => {
    element.current?.focus();
  }, []);
  useEffect(() => {
    setOpenFace(undefined);
    setDrawing(undefined);
    const reload = throttle(
      () => {
        details.reload();
        found.reload();
      },
      () => REFRESH_MS,
    );
    const stop = onLibraryEvent((event) => event.type === "photo" && event.photoId === photoId && reload());
    return () => {
      stop();
      reload.cancel();
    };
  }, [photoId]);

  const close = useCallback(() => {
    if (location.peek().background === undefined) navigate("/");
    else history.back();
  }, []);
  const show = (photo: PhotoSummary | undefined): boolean => {
    if (photo) navigate(`/photo/${photo.id}`, { replace: true, background: location.peek().background });
    return photo !== undefined;
  };
  const hide = async () => {
    setConfirming(false);
    if (!(await hidePhotos([photoId]))) return;
    if (next ?? previous) show(next ?? previous);
    else close();
  };
  const toggle = (overlay: Overlay) => {
    const shown = new Set(shownOverlays.peek());
    if (!shown.delete(overlay)) shown.add(overlay);
    shownOverlays.value = shown;
  };

  const openFaceMenu = (face: Face, frame: HTMLElement) =>
    setOpenFace({ id: face.id, anchor: frame.getBoundingClientRect() });
  const closeFaceMenu = () => {
    const opener = element.current?.querySelector<HTMLElement>(`[data-face="${openFace?.id}"]`);
    (opener ?? element.current)?.focus();
    setOpenFace(undefined);
  };
  const canDraw = known !== undefined && known.status !== "failed" && known.width !== null;
  const draw = (purpose: "face" | "search") => {
    if (!canDraw) return;
    if (purpose === "face") shownOverlays.value = new Set(shownOverlays.peek()).add("faces");
    setDrawing(purpose);
  };
  const withDetails = (act: (photo: PhotoDetails) => Promise<boolean>) => () => {
    if (details.data) void act(details.data);
  };
  const stopDrawing = () => {
    setDrawing(undefined);
    element.current?.focus();
  };

  const togglePanel = () => (isPanelOpen.value = !isPanelOpen.peek());

  const keys: Readonly<Record<string, () => void>> = {
    Escape: () => (openFace ? closeFaceMenu() : drawing ? stopDrawing() : close()),
    ArrowLeft: () => void show(isRtl() ? next : previous),
    ArrowRight: () => void show(isRtl() ? previous : next),
    i: togglePanel,
    f: () => toggle("faces"),
    n: () => draw("face"),
    s: () => draw("search"),
    m: () => navigate(searchHref({ like: formatLike(photoId) })),
    l: withDetails(toggleFavourite),
    ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [n, withDetails((photo) => rate(photo, n))])),
    o: () => toggle("objects"),
    t: () => toggle("text"),
    d: () => element.current?.querySelector<HTMLAnchorElement>("a[download]")?.click(),
    Delete: () => setConfirming(true),
    "+": () => stage.current?.zoomBy(1.5),
    "=": () => stage.current?.zoomBy(1.5),
    "-": () => stage.current?.zoomBy(1 / 1.5),
    "0": () => stage.current?.reset(),
  };
  useViewerKeys(keys);

  const overlays = shownOverlays.value;
  const isMissing = details.error && !details.data;
  return (
    <div
      ref={element}
      class={`viewer ${isPanelOpen.value ? "has-panel" : ""}`}
      role="dialog"
      aria-modal="true"
      aria-label={strings.photo.viewer(known?.fileName ?? "")}
      tabIndex={-1}
    >
      <div class="viewer-main">
        <ViewerBar
          photo={known}
          details={details.data}
          overlays={overlays}
          isPanelOpen={isPanelOpen.value}
          onClose={close}
          onToggle={toggle}
          onHide={() => setConfirming(true)}
          onAddFace={() => draw("face")}
          onSearchPart={() => draw("search")}
          onFavourite={withDetails(toggleFavourite)}
          onTogglePanel={togglePanel}
        />
        {isMissing ? (
          <MissingPhoto error={details.error!} onClose={close} onRetry={details.reload} />
        ) : (
          known && (
            <PhotoStage
              photo={known}
              details={details.data}
              faces={faces}
              openFaceId={openFace?.id}
              onOpenFace={openFaceMenu}
              overlays={overlays}
              controls={stage}
              onSwipe={(step) => show((step === 1) !== isRtl() ? next : previous)}
              onDismiss={close}
            />
          )
        )}
        {previous && (
          <button
            type="button"
            class="viewer-step is-previous"
            aria-label={strings.photo.previous}
            onClick={() => show(previous)}
          >
            <Icon name="previous" size={28} />
          </button>
        )}
        {next && (
          <button
            type="button"
            class="viewer-step is-next"
            aria-label={strings.photo.next}
            onClick={() => show(next)}
          >
            <Icon name="next" size={28} />
          </button>
        )}
      </div>
      {isPanelOpen.value && details.data && (
        <PhotoPanel
          key={photoId}
          details={details.data}
          faces={faces}
          onOpenFace={openFaceMenu}
          onChanged={details.reload}
          onSearchPart={() => draw("search")}
          onClose={() => (isPanelOpen.value = false)}
        />
      )}
      {faceInMenu && openFace && (
        <FaceMenu key={openFace.id} face={faceInMenu} anchor={openFace.anchor} onClose={closeFaceMenu} />
      )}
      {drawing && <DrawFace photoId={photoId} purpose={drawing} onClose={stopDrawing} />}
      {isConfirming && known && (
        <HideQuestion
          fileName={known.fileName}
          onCancel={() => setConfirming(false)}
          onHide={() => void hide()}
        />
      )}
    </div>
  );
}

function MissingPhoto(props: {
  readonly error: ApiError;
  readonly onClose: () => void;
  readonly onRetry: () => void;
}) {
  return (
    <div class="viewer-missing">
      {props.error.status === 404 ? (
        <>
          <h1>{strings.photo.notFound}</h1>
          <p>{strings.photo.notFoundHint}</p>
          <button type="button" class="button" onClick={props.onClose}>
            {strings.photo.back}
          </button>
        </>
      ) : (
        <FailureNote error={props.error} onRetry={props.onRetry} />
      )}
    </div>
  );
}

function isRtl(): boolean {
  return document.documentElement.dir === "rtl";
}
