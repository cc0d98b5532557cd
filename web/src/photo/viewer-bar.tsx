import type { PhotoDetails, PhotoSummary } from "../../../src/api/photos.ts";
import { originalUrl } from "../api-client.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { navigate } from "../router.ts";
import { focusSearch } from "../state/shortcuts.ts";
import { strings } from "../strings.ts";

/** What can be drawn over a photo. */
export type Overlay = "faces" | "objects" | "text";

const OVERLAYS: readonly { readonly overlay: Overlay; readonly icon: IconName; readonly key: string }[] = [
  { overlay: "faces", icon: "face", key: "f" },
  { overlay: "objects", icon: "objects", key: "o" },
  { overlay: "text", icon: "text", key: "t" },
];

/** The buttons above an open photo. */
export function ViewerBar(props: {
  readonly photo: PhotoSummary | undefined;
  readonly details: PhotoDetails | undefined;
  readonly overlays: ReadonlySet<Overlay>;
  readonly isPanelOpen: boolean;
  readonly onClose: () => void;
  readonly onToggle: (overlay: Overlay) => void;
  readonly onHide: () => void;
  readonly onAddFace: () => void;
  readonly onSearchPart: () => void;
  readonly onFavourite: () => void;
  readonly onTogglePanel: () => void;
}) {
  const { photo, details } = props;
  return (
    <div class="viewer-bar">
      <ViewerButton icon="back" label={strings.common.close} onClick={props.onClose} />
      <span class="viewer-title">
        <bdi>{photo?.fileName}</bdi>
      </span>
      <ViewerButton
        icon="search"
        label={strings.photo.search}
        isOptional
        onClick={() => {
          navigate("/search");
          // The page under the photo can take the keyboard only once the photo is gone.
          setTimeout(focusSearch);
        }}
      />
      {OVERLAYS.map(({ overlay, icon, key }) => {
        const isEmpty = details !== undefined && countOf(details, overlay) === 0;
        return (
          <ViewerButton
            key={overlay}
            icon={icon}
            label={isEmpty ? strings.photo.nothingFound[overlay] : `${strings.photo[overlay]} (${key})`}
            isOn={props.overlays.has(overlay)}
            isEmpty={isEmpty}
            onClick={() => props.onToggle(overlay)}
          />
        );
      })}
      <ViewerButton
        icon="searchPart"
        label={`${strings.drawSearch.title} (s)`}
        isOptional
        onClick={props.onSearchPart}
      />
      <ViewerButton icon="addFace" label={`${strings.photo.addFace} (n)`} onClick={props.onAddFace} />
      {photo && (
        <a
          class="icon-button"
          href={originalUrl(photo)}
          download={photo.fileName}
          title={`${strings.photo.download} (d)`}
          aria-label={strings.photo.download}
        >
          <Icon name="download" />
        </a>
      )}
      <ViewerButton
        icon="heart"
        label={`${strings.selection.favourite} (l)`}
        isOn={details?.isFavourite ?? false}
        onClick={props.onFavourite}
      />
      <ViewerButton icon="hide" label={strings.photo.hide} onClick={props.onHide} />
      <ViewerButton
        icon="info"
        label={`${strings.photo.info} (i)`}
        isOn={props.isPanelOpen}
        onClick={props.onTogglePanel}
      />
    </div>
  );
}

function countOf(details: PhotoDetails, overlay: Overlay): number {
  if (overlay === "text") return details.textLines.length;
  return overlay === "objects" ? details.objects.length : details.faces.length + details.faceRegions.length;
}

/** A button, or with `isOn` a switch; `isEmpty` dims one that has nothing to show on this photo, `isOptional` goes first. */
function ViewerButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly isOn?: boolean;
  readonly isEmpty?: boolean;
  readonly isOptional?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      class={`icon-button ${props.isEmpty ? "is-empty" : ""} ${props.isOptional ? "is-optional" : ""}`}
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.isOn}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
