import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { api, originalUrl, previewUrl } from "../api-client.ts";
import { Dialog } from "../components/dialog.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { Icon, type IconName } from "../components/icon.tsx";
import { location, navigate } from "../router.ts";
import { onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { focusedPhotoId, hiddenPhotoIds, photoSequence } from "../state/photo-sequence.ts";
import { useResource } from "../state/resource.ts";
import { focusSearch, isTyping } from "../state/shortcuts.ts";
import { throttle } from "../state/throttle.ts";
import { strings } from "../strings.ts";
import { PhotoPanel } from "./photo-panel.tsx";
import { PhotoStage, type StageControls } from "./photo-stage.tsx";

/** While a photo is analysed, it is fetched again at most this often. */
const REFRESH_MS = 300;

/** What is drawn over the photo; kept from photo to photo. */
const shownOverlays = signal<ReadonlySet<Overlay>>(new Set());
type Overlay = "faces" | "objects" | "text";

/** Whether the panel is open; at first only where there is room beside the photo. */
const isPanelOpen = signal(matchMedia("(min-width: 900px)").matches);

/** One photo, large, with everything known of it: over the grid it was opened from, or alone. */
export function PhotoViewer({ photoId }: { readonly photoId: number }) {
  const details = useResource(String(photoId), (aborted) => api.photo(photoId, aborted));
  const known = details.data ?? photoSequence.value?.find(photoId);
  const { previous, next } = useNeighbours(photoId);
  const [isConfirming, setConfirming] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  const stage = useRef<StageControls | undefined>(undefined);

  useEffect(() => {
    focusedPhotoId.value = photoId;
    if (known) document.title = `${known.fileName} · ${strings.appName}`;
  }, [photoId, known?.fileName]);
  useEffect(() => {
    element.current?.focus();
  }, []);
  useEffect(() => {
    const reload = throttle(details.reload, () => REFRESH_MS);
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
  const show = (photo: PhotoSummary | undefined) => {
    if (photo) navigate(`/photo/${photo.id}`, { replace: true, background: location.peek().background });
  };
  const hide = async () => {
    setConfirming(false);
    if (!(await attempt(() => api.hidePhoto(photoId), strings.photo.hidden))) return;
    hiddenPhotoIds.value = new Set(hiddenPhotoIds.peek()).add(photoId);
    if (next ?? previous) show(next ?? previous);
    else close();
  };
  const toggle = (overlay: Overlay) => {
    const shown = new Set(shownOverlays.peek());
    if (!shown.delete(overlay)) shown.add(overlay);
    shownOverlays.value = shown;
  };

  const keys: Readonly<Record<string, () => void>> = {
    Escape: close,
    ArrowLeft: () => show(isRtl() ? next : previous),
    ArrowRight: () => show(isRtl() ? previous : next),
    i: () => (isPanelOpen.value = !isPanelOpen.peek()),
    f: () => toggle("faces"),
    o: () => toggle("objects"),
    t: () => toggle("text"),
    d: () => element.current?.querySelector<HTMLAnchorElement>("a[download]")?.click(),
    Delete: () => setConfirming(true),
    "+": () => stage.current?.zoomBy(1.5),
    "=": () => stage.current?.zoomBy(1.5),
    "-": () => stage.current?.zoomBy(1 / 1.5),
    "0": () => stage.current?.reset(),
  };
  const latestKeys = useRef(keys);
  latestKeys.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (document.querySelector("dialog[open]")) return;
      const action = latestKeys.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

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
        <div class="viewer-bar">
          <ViewerButton icon="back" label={strings.common.close} onClick={close} />
          <span class="viewer-title">
            <bdi>{known?.fileName}</bdi>
          </span>
          <ViewerButton
            icon="search"
            label={strings.photo.search}
            onClick={() => {
              navigate("/search");
              // The page under the photo can take the keyboard only once the photo is gone.
              setTimeout(focusSearch);
            }}
          />
          <ViewerToggle
            icon="face"
            label={`${strings.photo.faces} (f)`}
            isOn={overlays.has("faces")}
            onToggle={() => toggle("faces")}
          />
          <ViewerToggle
            icon="objects"
            label={`${strings.photo.objects} (o)`}
            isOn={overlays.has("objects")}
            onToggle={() => toggle("objects")}
          />
          <ViewerToggle
            icon="text"
            label={`${strings.photo.text} (t)`}
            isOn={overlays.has("text")}
            onToggle={() => toggle("text")}
          />
          {known && (
            <a
              class="icon-button"
              href={originalUrl(known)}
              download={known.fileName}
              title={`${strings.photo.download} (d)`}
              aria-label={strings.photo.download}
            >
              <Icon name="download" />
            </a>
          )}
          <ViewerButton icon="hide" label={strings.photo.hide} onClick={() => setConfirming(true)} />
          <ViewerToggle
            icon="info"
            label={`${strings.photo.info} (i)`}
            isOn={isPanelOpen.value}
            onToggle={() => (isPanelOpen.value = !isPanelOpen.peek())}
          />
        </div>
        {isMissing ? (
          <div class="viewer-missing">
            {details.error!.status === 404 ? (
              <>
                <h1>{strings.photo.notFound}</h1>
                <p>{strings.photo.notFoundHint}</p>
                <button type="button" class="button" onClick={close}>
                  {strings.photo.back}
                </button>
              </>
            ) : (
              <FailureNote error={details.error!} onRetry={details.reload} />
            )}
          </div>
        ) : (
          known && (
            <PhotoStage
              photo={known}
              details={details.data}
              overlays={overlays}
              controls={stage}
              onSwipe={(step) => show(step === 1 ? next : previous)}
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
          onChanged={details.reload}
          onClose={() => (isPanelOpen.value = false)}
        />
      )}
      {isConfirming && known && (
        <Dialog title={strings.photo.hideQuestion} onClose={() => setConfirming(false)}>
          <p>{strings.photo.hideExplained(known.fileName)}</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setConfirming(false)}>
              {strings.common.cancel}
            </button>
            <button type="button" class="button is-primary" onClick={() => void hide()}>
              {strings.photo.hide}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function ViewerButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      title={props.label}
      aria-label={props.label}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function ViewerToggle(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly isOn: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.isOn}
      onClick={props.onToggle}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** The photos before and after, with their previews on the way. */
function useNeighbours(photoId: number) {
  const [neighbours, setNeighbours] = useState<{
    readonly previous?: PhotoSummary;
    readonly next?: PhotoSummary;
  }>({});
  const sequence = photoSequence.value;
  useEffect(() => {
    let isCurrent = true;
    const find = async () => {
      const [previous, next] = await Promise.all([
        sequence?.neighbour(photoId, -1),
        sequence?.neighbour(photoId, 1),
      ]).catch(() => []);
      if (!isCurrent) return;
      setNeighbours({ ...(previous && { previous }), ...(next && { next }) });
      for (const photo of [next, previous]) {
        if (photo && photo.status !== "failed") new Image().src = previewUrl(photo);
      }
    };
    setNeighbours({});
    void find();
    return () => {
      isCurrent = false;
    };
  }, [photoId, sequence]);
  return neighbours;
}

function isRtl(): boolean {
  return document.documentElement.dir === "rtl";
}
