import type { PhotoDetails } from "../../../src/api/photos.ts";
import { Icon } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import { rate } from "./photo-decisions.ts";

const STARS = [1, 2, 3, 4, 5];

/** Five stars; a press gives so many, or takes them away where the photo has just as many. */
export function StarRating({ details }: { readonly details: PhotoDetails }) {
  const rating = details.metadata.rating ?? 0;
  return (
    <div class="stars" role="group" aria-label={strings.photo.stars}>
      {STARS.map((stars) => (
        <button
          key={stars}
          type="button"
          class={`star ${stars <= rating ? "is-on" : ""}`}
          aria-pressed={stars === rating}
          aria-label={strings.photo.rating(stars)}
          title={`${stars === rating ? strings.photo.noRating : strings.photo.rating(stars)} (${stars})`}
          onClick={() => void rate(details, stars)}
        >
          <Icon name="star" size={20} />
        </button>
      ))}
      {rating < 0 && <span class="quiet">{strings.photo.rejected}</span>}
    </div>
  );
}
