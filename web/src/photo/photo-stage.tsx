import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Face } from "../../../src/api/people.ts";
import type { PhotoDetails, PhotoSummary } from "../../../src/api/photos.ts";
import type { Size } from "../../../src/core/geometry.ts";
import { originalUrl, previewUrl, thumbnailUrl } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { Prose } from "../components/prose.tsx";
import { strings } from "../strings.ts";
import { BoxOverlay } from "./box-overlay.tsx";
import { FaceOverlay } from "./face-overlay.tsx";
import { placeholderStyle, usePlaceholder } from "./placeholder.ts";
import { reprocess } from "./reprocess.ts";
import { TextOverlay } from "./text-overlay.tsx";
import { useZoom } from "./use-zoom.ts";
import { fitSize } from "./zoom-view.ts";

/** Formats every browser shows; of others the preview is enlarged. */
const BROWSER_FORMATS: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "avif", "gif"]);

/** Originals beyond this are too much for a phone's memory. */
const MAX_ORIGINAL_PIXELS = 64_000_000;

/** From this scale on the preview's pixels are not enough. */
const ORIGINAL_FROM_SCALE = 1.4;

/** What keys can do with the stage. */
export interface StageControls {
  zoomBy(factor: number): void;
  reset(): void;
}

/** The photo itself: thumbnail at once, then the preview, then when zoomed the original, with overlays above. */
export function PhotoStage(props: {
  readonly photo: PhotoSummary;
  readonly details: PhotoDetails | undefined;
  readonly faces: readonly Face[];
  readonly openFaceId: number | undefined;
  readonly overlays: ReadonlySet<string>;
  readonly controls: RefObject<StageControls | undefined>;
  readonly onSwipe: (step: -1 | 1) => boolean;
  readonly onDismiss: () => void;
  readonly onOpenFace: (face: Face, frame: HTMLElement) => void;
}) {
  const { photo, details, overlays } = props;
  const element = useRef<HTMLDivElement>(null);
  const stage = useElementSize(element);
  const [broken, setBroken] = useState(0);
  const size = { width: photo.width ?? 4, height: photo.height ?? 3 };
  const fitted = fitSize(size, stage);
  const maxScale = Math.max(4, (size.width / Math.max(1, fitted.width)) * 2);
  const zoom = useZoom(element, {
    key: photo.id,
    fitted,
    maxScale,
    onSwipe: props.onSwipe,
    onDismiss: props.onDismiss,
  });
  useEffect(() => {
    props.controls.current = zoom;
  });

  const isFailed = photo.status === "failed" || broken === photo.id;
  const usesOriginal =
    zoom.view.scale >= ORIGINAL_FROM_SCALE &&
    BROWSER_FORMATS.has(details?.format ?? "") &&
    size.width * size.height <= MAX_ORIGINAL_PIXELS;
  const placeholder = usePlaceholder(photo.thumbhash);

  return (
    <div ref={element} class={`stage ${zoom.view.scale > 1 ? "is-zoomed" : ""}`}>
      {isFailed || photo.width === null ? (
        <div class="stage-message">
          <Icon name={isFailed ? "broken" : "clock"} size={44} />
          <strong>{isFailed ? strings.photo.cannotShow : strings.photo.notReady}</strong>
          {details?.failureReason && (
            <p dir="auto">
              <Prose text={details.failureReason} />
            </p>
          )}
          {isFailed && (
            <button type="button" class="button is-on-stage" onClick={() => void reprocess(photo.id)}>
              <Icon name="refresh" size={18} />
              {strings.common.retry}
            </button>
          )}
        </div>
      ) : (
        stage.width > 0 && (
          <div
            class={`stage-photo ${zoom.isGesturing ? "" : "is-settling"}`}
            style={{
              width: `${fitted.width}px`,
              height: `${fitted.height}px`,
              transform: `translate(-50%, -50%) translate(${zoom.view.x + zoom.drag.x}px, ${zoom.view.y + zoom.drag.y}px) scale(${zoom.view.scale})`,
              ...placeholderStyle(placeholder),
            }}
          >
            <img key={`thumbnail ${photo.id}`} src={thumbnailUrl(photo)} alt="" draggable={false} />
            <FadingImage
              key={`preview ${photo.id}`}
              src={previewUrl(photo)}
              alt={photo.fileName}
              onError={() => setBroken(photo.id)}
            />
            {usesOriginal && <FadingImage key={`original ${photo.id}`} src={originalUrl(photo)} alt="" />}
            {details && overlays.has("objects") && (
              <BoxOverlay
                kind="object"
                scale={zoom.view.scale}
                boxes={details.objects.map((object) => ({ ...object, text: object.label }))}
              />
            )}
            {details && overlays.has("faces") && (
              <BoxOverlay kind="face" scale={zoom.view.scale} boxes={regionsOf(details, props.faces)} />
            )}
            {overlays.has("faces") && (
              <FaceOverlay
                faces={props.faces}
                scale={zoom.view.scale}
                openId={props.openFaceId}
                onOpen={props.onOpenFace}
              />
            )}
            {details && overlays.has("text") && <TextOverlay lines={details.textLines} size={fitted} />}
          </div>
        )
      )}
    </div>
  );
}

/** Regions that the file names where no face was found or taken over from them. */
function regionsOf(details: PhotoDetails, faces: readonly Face[]) {
  const isAround = ({ box }: Face, x: number, y: number) =>
    x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  return details.faceRegions
    .filter(({ box: { x, y, width, height } }) =>
      faces.every((face) => !isAround(face, x + width / 2, y + height / 2)),
    )
    .map(({ name, box }) => ({ box, score: undefined, text: name ?? undefined }));
}

function FadingImage(props: { readonly src: string; readonly alt: string; readonly onError?: () => void }) {
  const [isLoaded, setLoaded] = useState(false);
  return (
    <img
      class={`is-fading ${isLoaded ? "is-loaded" : ""}`}
      src={props.src}
      alt={props.alt}
      decoding="async"
      draggable={false}
      onLoad={() => setLoaded(true)}
      onError={() => props.onError?.()}
    />
  );
}

function useElementSize(element: { readonly current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const measured = element.current;
    if (!measured) return undefined;
    const measure = () => setSize({ width: measured.clientWidth, height: measured.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, []);
  return size;
}
