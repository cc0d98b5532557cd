import type { Person } from "../../../src/api/people.ts";
import { Icon } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import { type CardPlace, opensOnClick } from "./card-grid.tsx";
import { FacePicture } from "./face-picture.tsx";
import type { Selection } from "./use-selection.ts";

/** Somebody with a name: face, name, number of photos, and whether a favourite. */
export function PersonCard(props: {
  readonly person: Person;
  readonly place: CardPlace;
  readonly selection: Selection<string>;
  readonly onFavourite: () => void;
}) {
  const { person, place, selection } = props;
  const { index, tabIndex } = place;
  const isChosen = selection.ids.has(person.id);
  return (
    <div class="person-card">
      <a
        class="person-link"
        href={`/people/${person.id}`}
        data-card={index}
        tabIndex={tabIndex}
        aria-label={strings.people.card(person.name, person.photoCount)}
        draggable={false}
        onClick={(event) => opensOnClick(event, selection, person.id, index)}
      >
        <FacePicture faceId={person.coverFaceId} isRound isEager />
        <span class="person-name" dir="auto" title={person.name}>
          {person.name}
        </span>
        <span class="quiet">{strings.people.photosOf(person.photoCount)}</span>
      </a>
      <ChooseBox
        label={strings.people.select(person.name)}
        isChosen={isChosen}
        tabIndex={tabIndex}
        onToggle={(isRange) => (isRange ? selection.extendTo(index) : selection.toggle(person.id, index))}
      />
      <button
        type="button"
        class={`card-star ${person.isFavourite ? "is-on" : ""}`}
        tabIndex={tabIndex}
        aria-pressed={person.isFavourite}
        aria-label={
          person.isFavourite ? strings.people.unfavourite(person.name) : strings.people.favourite(person.name)
        }
        onClick={props.onFavourite}
      >
        <Icon name="star" size={18} />
      </button>
    </div>
  );
}

/** The box in a card's corner that chooses it. */
export function ChooseBox(props: {
  readonly label: string;
  readonly isChosen: boolean;
  readonly tabIndex?: 0 | -1;
  readonly onToggle: (isRange: boolean) => void;
}) {
  return (
    <button
      type="button"
      class={`choose-box ${props.isChosen ? "is-on" : ""}`}
      role="checkbox"
      aria-checked={props.isChosen}
      aria-label={props.label}
      tabIndex={props.tabIndex ?? 0}
      onClick={(event) => props.onToggle(event.shiftKey)}
    >
      <Icon name="check" size={16} />
    </button>
  );
}
