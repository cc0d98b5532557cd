import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Box, Point } from "../../../src/core/geometry.ts";
import { api } from "../api-client.ts";
import { decide } from "../people/decide.ts";
import { NameField, type Named, toWhom } from "../people/name-field.tsx";
import { navigate } from "../router.ts";
import { formatLike, searchHref } from "../search/search-state.ts";
import { strings } from "../strings.ts";
import { frameBetween, isLargeEnough, moveFrame, START_FRAME } from "./face-frame.ts";
import { FloatingPanel } from "./floating-panel.tsx";

const { done } = strings.people;

/**
 * Lets the user put a frame around a part of the photo, by pointer or by keys: a face that was missed, to name it, or
 * anything that is to be looked for in other photos.
 */
export function DrawFace(props: {
  readonly photoId: number;
  /** What the frame is for. */
  readonly purpose: "face" | "search";
  readonly onClose: () => void;
}) {
  const { photoId, purpose, onClose } = props;
  const words = purpose === "face" ? strings.faceMenu : strings.drawSearch;
  const layer = useRef<HTMLDivElement>(null);
  const frameElement = useRef<HTMLDivElement>(null);
  const [frame, setFrame] = useState<Box>(START_FRAME);
  const [start, setStart] = useState<Point>();
  const [anchor, setAnchor] = useState<DOMRect>();
  const photo = usePhotoRect();

  useEffect(() => frameElement.current?.focus(), []);

  const pointOf = (event: PointerEvent): Point => {
    const clamp = (value: number) => Math.max(0, Math.min(1, value));
    return {
      x: clamp((event.clientX - photo.left) / photo.width),
      y: clamp((event.clientY - photo.top) / photo.height),
    };
  };
  const goOn = () => {
    if (purpose === "face") setAnchor(frameElement.current!.getBoundingClientRect());
    else {
      onClose();
      navigate(searchHref({ like: formatLike(photoId, frame) }));
    }
  };
  const onPointerUp = () => {
    if (!start) return;
    setStart(undefined);
    if (isLargeEnough(frame)) requestAnimationFrame(goOn);
    else setFrame(START_FRAME);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (anchor) return;
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") goOn();
    else if (event.key.startsWith("Arrow")) {
      setFrame((old) => moveFrame(old, event.key, { isSizing: event.shiftKey, shape: photo }));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const add = async (named: Named | undefined) => {
    const answer = await decide(
      () => api.drawFace(photoId, frame, named && toWhom(named)),
      (face) => (face.personName === null ? done.drawn : done.named(1, face.personName)),
    );
    if (answer) onClose();
  };

  return (
    <div ref={layer} class="draw-face" onKeyDown={onKeyDown}>
      <div
        class="draw-layer"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.preventDefault();
          setAnchor(undefined);
          const point = pointOf(event);
          setStart(point);
          setFrame({ ...point, width: 0, height: 0 });
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => start && setFrame(frameBetween(start, pointOf(event)))}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setStart(undefined)}
      />
      <div
        ref={frameElement}
        class="draw-frame"
        tabIndex={0}
        role="group"
        aria-label={words.frame}
        aria-describedby="draw-hint"
        style={{
          left: `${photo.left + frame.x * photo.width}px`,
          top: `${photo.top + frame.y * photo.height}px`,
          width: `${frame.width * photo.width}px`,
          height: `${frame.height * photo.height}px`,
        }}
      />
      <div class="draw-bar">
        <p id="draw-hint">
          <strong>{words.drawTitle}</strong> {words.drawHint}{" "}
          <span class="draw-keys">{strings.faceMenu.drawKeys}</span>
        </p>
        <button type="button" class="button is-on-stage" onClick={onClose}>
          {strings.common.cancel}
        </button>
        <button type="button" class="button is-primary" onClick={goOn}>
          {words.next}
        </button>
      </div>
      {anchor && (
        <FloatingPanel
          label={strings.people.name}
          anchor={anchor}
          onClose={() => {
            setAnchor(undefined);
            frameElement.current?.focus();
          }}
        >
          <strong>{strings.people.name}</strong>
          <NameField
            label={strings.people.name}
            hasFocus
            onName={(named) => void add(named)}
            onCancel={() => {
              setAnchor(undefined);
              frameElement.current?.focus();
            }}
          />
          <button type="button" class="button is-small" onClick={() => void add(undefined)}>
            {strings.faceMenu.addUnnamed}
          </button>
        </FloatingPanel>
      )}
    </div>
  );
}

/** Where the photo is in the window; follows the window's size. */
function usePhotoRect(): DOMRect {
  const measure = () => document.querySelector(".stage-photo")?.getBoundingClientRect() ?? new DOMRect();
  const [rect, setRect] = useState(measure);
  useLayoutEffect(() => {
    const update = () => setRect(measure());
    update();
    const observer = new ResizeObserver(update);
    for (const stage of document.querySelectorAll(".stage, .stage-photo")) observer.observe(stage);
    return () => observer.disconnect();
  }, []);
  return rect;
}
