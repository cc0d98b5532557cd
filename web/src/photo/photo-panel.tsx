import type { ComponentChildren } from "preact";
import type { Face } from "../../../src/api/people.ts";
import type { PhotoDetails } from "../../../src/api/photos.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import {
  formatBytes,
  formatDate,
  formatDecimal,
  formatExposure,
  formatMoment,
  formatOffset,
  formatPlace,
  formatShortDate,
  formatTime,
} from "../format.ts";
import { formatLike, searchHref } from "../search/search-state.ts";
import { attempt } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { PlaceMap } from "../map/place-map.tsx";
import { PhotoCaption } from "./photo-caption.tsx";
import { PhotoPeople } from "./photo-people.tsx";
import { PhotoTags } from "./photo-tags.tsx";
import { SimilarPhotos } from "./similar-photos.tsx";
import { StepList } from "./step-list.tsx";

/** Everything known of a photo, beside it. */
export function PhotoPanel(props: {
  readonly details: PhotoDetails;
  readonly faces: readonly Face[];
  readonly onOpenFace: (face: Face, element: HTMLElement) => void;
  readonly onChanged: () => void;
  readonly onSearchPart: () => void;
  readonly onClose: () => void;
}) {
  const { details, faces } = props;
  return (
    <aside class="panel" aria-label={strings.photo.info}>
      <PhotoCaption details={details} onClose={props.onClose} />
      <Taken details={details} />
      <Place details={details} />
      {faces.length > 0 && (
        <Fact icon="person" label={strings.faceMenu.inPhoto}>
          <PhotoPeople faces={faces} onOpen={props.onOpenFace} />
        </Fact>
      )}
      <Found details={details} faces={faces} onSearchPart={props.onSearchPart} />
      <RecognisedText details={details} />
      <Camera details={details} />
      <File details={details} />
      {details.duplicateGroupId !== null && (
        <Fact icon="copy" label={strings.photo.copies}>
          <p>
            <a href={`/duplicates?group=${details.duplicateGroupId}`}>{strings.photo.copiesFound}</a>
          </p>
        </Fact>
      )}
      <SimilarPhotos photoId={details.id} version={details.version} />
      <StepList details={details} onChanged={props.onChanged} />
    </aside>
  );
}

function Fact(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="fact">
      <Icon name={props.icon} />
      <div>
        <h2 class="visually-hidden">{props.label}</h2>
        {props.children}
      </div>
    </section>
  );
}

function Taken({ details }: { readonly details: PhotoDetails }) {
  const { takenAt, utcOffsetMinutes } = details;
  return (
    <Fact icon="calendar" label={strings.photo.taken}>
      {takenAt === null ? (
        <>
          <p>{strings.photo.noDate}</p>
          <p class="quiet">{strings.photo.fileDate(formatShortDate(details.day))}</p>
        </>
      ) : (
        <>
          <p>
            <a href={searchHref({ filters: dayFilters(takenAt) })}>{formatDate(takenAt)}</a>,{" "}
            {formatTime(takenAt)}
          </p>
          <p class="quiet">{formatOffset(utcOffsetMinutes)}</p>
        </>
      )}
    </Fact>
  );
}

function dayFilters(takenAt: string) {
  const day = takenAt.slice(0, 10);
  return [
    { kind: "from", value: day },
    { kind: "to", value: day },
  ] as const;
}

function Place({ details }: { readonly details: PhotoDetails }) {
  const { latitude, longitude, altitude } = details.metadata;
  if (latitude === null || longitude === null) return null;
  const near = `${latitude.toFixed(5)},${longitude.toFixed(5)},5`;
  return (
    <Fact icon="place" label={strings.photo.place}>
      <p>{formatPlace(latitude, longitude)}</p>
      <p class="quiet">
        {altitude !== null && `${strings.photo.altitude(altitude)} · `}
        <a href={searchHref({ filters: [{ kind: "near", value: near }] })}>{strings.photo.nearby}</a>
      </p>
      <PlaceMap
        latitude={latitude}
        longitude={longitude}
        label={strings.photo.map(formatPlace(latitude, longitude))}
      />
    </Fact>
  );
}

function Camera({ details }: { readonly details: PhotoDetails }) {
  const { cameraMake, cameraModel, lensModel, fNumber, exposureTime, iso, focalLength } = details.metadata;
  const settings = [
    fNumber === null ? undefined : `ƒ/${formatDecimal(fNumber)}`,
    exposureTime === null ? undefined : formatExposure(exposureTime),
    iso === null ? undefined : `ISO ${iso}`,
    focalLength === null ? undefined : `${formatDecimal(focalLength)} mm`,
  ].filter((setting) => setting !== undefined);
  const name = cameraName(cameraMake, cameraModel);
  if (!name && settings.length === 0) return null;
  return (
    <Fact icon="camera" label={strings.photo.camera}>
      {name && (
        <p>
          <a href={searchHref({ filters: [{ kind: "camera", value: cameraModel ?? name }] })}>
            <bdi>{name}</bdi>
          </a>
        </p>
      )}
      {settings.length > 0 && <p class="quiet">{settings.join(" · ")}</p>}
      {lensModel && (
        <p class="quiet">
          <bdi>{lensModel}</bdi>
        </p>
      )}
    </Fact>
  );
}

function cameraName(make: string | null, model: string | null): string | undefined {
  if (!model) return make ?? undefined;
  // Many models repeat their maker: "Canon" and "Canon EOS 6D".
  const [firstWord] = (make ?? "").split(" ");
  return make && !model.toLowerCase().startsWith(firstWord!.toLowerCase()) ? `${make} ${model}` : model;
}

function File({ details }: { readonly details: PhotoDetails }) {
  const { width, height, byteSize, format, path, metadata } = details;
  const folder = path.slice(0, path.length - details.fileName.length).replace(/(.)[/\\]$/, "$1");
  const facts = [
    format?.toUpperCase(),
    width && height ? strings.photo.dimensions(width, height) : undefined,
    formatBytes(byteSize),
  ].filter((fact) => fact !== undefined);
  return (
    <Fact icon="format" label={strings.photo.file}>
      {metadata.title && (
        <p>
          <bdi>{details.fileName}</bdi>
        </p>
      )}
      <p>{facts.join(" · ")}</p>
      {folder && (
        <p class="quiet panel-path">
          <a href={searchHref({ filters: [{ kind: "folder", value: folder }] })}>
            <bdi>{folder}</bdi>
          </a>
        </p>
      )}
      <p class="quiet">{strings.photo.imported(formatMoment(details.importedAt))}</p>
    </Fact>
  );
}

function Found({
  details,
  faces,
  onSearchPart,
}: {
  readonly details: PhotoDetails;
  readonly faces: readonly Face[];
  readonly onSearchPart: () => void;
}) {
  const known = new Set(faces.map(({ personName }) => personName));
  const names = details.faceRegions.flatMap(({ name }) => (name === null || known.has(name) ? [] : name));
  const counts = [
    details.objects.length > 0 ? strings.photo.objectsCount(details.objects.length) : undefined,
    details.faces.length > 0 ? strings.photo.facesCount(details.faces.length) : undefined,
  ].filter((count) => count !== undefined);
  return (
    <Fact icon="tag" label={strings.photo.found}>
      {counts.length > 0 && <p>{counts.join(" · ")}</p>}
      <PhotoTags details={details} />
      <div class="chip-cloud">
        {names.map((name) => (
          <a
            key={`name ${name}`}
            class="chip"
            href={searchHref({ q: name })}
            title={strings.photo.namedRegions}
          >
            <Icon name="person" size={14} />
            <bdi>{name}</bdi>
          </a>
        ))}
      </div>
      <span class="panel-tools">
        <a class="button is-small" href={searchHref({ like: formatLike(details.id) })}>
          <Icon name="meaning" size={16} />
          {strings.photo.more}
        </a>
        <button type="button" class="button is-small" onClick={onSearchPart}>
          <Icon name="searchPart" size={16} />
          {strings.photo.searchPart}
        </button>
      </span>
    </Fact>
  );
}

function RecognisedText({ details }: { readonly details: PhotoDetails }) {
  if (details.textLines.length === 0) return null;
  const text = details.textLines.map((line) => line.text).join("\n");
  return (
    <Fact icon="text" label={strings.photo.recognisedText}>
      <div class="recognised-text">
        {details.textLines.map((line) => (
          <p key={line.id} dir="auto">
            {line.text}
          </p>
        ))}
      </div>
      <button
        type="button"
        class="button is-small"
        onClick={() => void attempt(() => navigator.clipboard.writeText(text), strings.common.copied)}
      >
        <Icon name="copy" size={16} />
        {strings.photo.copyText}
      </button>
    </Fact>
  );
}
