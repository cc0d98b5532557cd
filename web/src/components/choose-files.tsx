import { useRef } from "preact/hooks";
import { uploadFiles } from "../state/uploads.ts";
import { strings } from "../strings.ts";

/** Raw formats that browsers do not count among images. */
const ACCEPTED = "image/*,.heic,.heif,.dng,.cr2,.cr3,.nef,.arw,.raf,.orf,.rw2";

/** A button that opens the browser's choice of files and uploads what is chosen. */
export function ChooseFiles({ onChosen }: { readonly onChosen?: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>
        {strings.add.chooseFiles}
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        multiple
        tabIndex={-1}
        aria-label={strings.add.chooseFiles}
        accept={ACCEPTED}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length === 0) return;
          void uploadFiles(files);
          onChosen?.();
        }}
      />
    </>
  );
}
