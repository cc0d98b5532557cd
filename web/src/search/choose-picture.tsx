import { useRef } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { strings } from "../strings.ts";
import { searchByPicture } from "./pictures.ts";

/** A button that asks for a picture, and searches photos like it; one can also be dropped on it. */
export function ChoosePicture() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="chip is-quiet choose-picture"
        title={strings.search.byPicture}
        aria-label={strings.search.byPicture}
        onClick={() => input.current?.click()}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          const file = event.dataTransfer?.files[0];
          if (!file) return;
          // Dropped elsewhere, it would become a photo of the library.
          event.preventDefault();
          event.stopPropagation();
          searchByPicture(file);
        }}
      >
        <Icon name="camera" size={16} />
        <span class="chip-words">{strings.search.byPicture}</span>
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept="image/*,.heic,.heif"
        tabIndex={-1}
        aria-label={strings.search.byPicture}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) searchByPicture(file);
        }}
      />
    </>
  );
}
