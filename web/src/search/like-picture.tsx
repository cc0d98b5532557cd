import { api, previewUrl, thumbnailUrl } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";
import { pictureUrl } from "./pictures.ts";
import { type Like, parseLike } from "./search-state.ts";

/** The picture that photos are compared with, as a chip that can be taken away. */
export function LikePicture(props: { readonly like: string; readonly onRemove: () => void }) {
  const like = parseLike(props.like);
  if (!like) return null;
  return (
    <div class="like-picture">
      {"picture" in like ? <Chosen name={like.picture} /> : <OfLibrary like={like} />}
      <span>{strings.search.like}</span>
      <button
        type="button"
        class="icon-button"
        aria-label={strings.search.likeRemove}
        onClick={props.onRemove}
      >
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}

function Chosen({ name }: { readonly name: string }) {
  const url = pictureUrl(name);
  return url ? <img class="like-thumb" src={url} alt="" /> : null;
}

function OfLibrary({ like }: { readonly like: Extract<Like, { photoId: number }> }) {
  const { photoId, box } = like;
  const { data } = useResource(`photo ${photoId}`, (signal) => api.photo(photoId, signal));
  if (!data) return <span class="like-thumb" />;
  if (!box) {
    return (
      <a href={`/photo/${photoId}`}>
        <img class="like-thumb" src={thumbnailUrl(data)} alt={data.fileName} />
      </a>
    );
  }
  // The part of the photo fills the frame: the whole picture is as much larger as the part is smaller.
  const style = {
    backgroundImage: `url("${previewUrl(data)}")`,
    backgroundSize: `${100 / box.width}% ${100 / box.height}%`,
    backgroundPosition: `${position(box.x, box.width)}% ${position(box.y, box.height)}%`,
  };
  return <a class="like-thumb" href={`/photo/${photoId}`} aria-label={data.fileName} style={style} />;
}

/** Where a part that begins at `start` stands, as CSS counts: percent of the room that is left over. */
function position(start: number, size: number): number {
  return size >= 1 ? 0 : (start / (1 - size)) * 100;
}
