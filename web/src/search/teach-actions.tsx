import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { decide } from "../people/decide.ts";
import type { PhotoSelection } from "../state/photo-selection.ts";
import { strings } from "../strings.ts";
import { searchApi } from "./search-api.ts";

/** As long as the server takes a name, UTF-16 code units. */
const MAX_NAME_LENGTH = 100;

/** Most examples that one lesson takes. */
const MAX_EXAMPLES = 200;

/** What can be learnt from chosen photos: what the query means, or a concept with a name. */
export function TeachActions(props: {
  readonly q: string;
  readonly selection: PhotoSelection;
  readonly onLearnt: () => void;
}) {
  const { q, selection } = props;
  const ids = [...selection.ids.value].slice(0, MAX_EXAMPLES);
  const [isNaming, setNaming] = useState(false);
  const say = async (isMatch: boolean) => {
    const learnt = await decide(
      async () => {
        const made: { decisionId: number }[] = [];
        for (const photoId of ids) made.push(await searchApi.feedback(q, photoId, isMatch));
        return made;
      },
      () => strings.search.taught,
      props.onLearnt,
    );
    if (!learnt) return;
    selection.clear();
    props.onLearnt();
  };
  return (
    <>
      {q !== "" && (
        <>
          <Lesson icon="plus" label={strings.search.moreLike} onClick={() => void say(true)} />
          <Lesson icon="minus" label={strings.search.notLike} onClick={() => void say(false)} />
        </>
      )}
      <Lesson icon="meaning" label={strings.search.teach} onClick={() => setNaming(true)} />
      {isNaming && (
        <TeachDialog
          ids={ids}
          onClose={() => setNaming(false)}
          onTaught={() => {
            selection.clear();
            props.onLearnt();
          }}
        />
      )}
    </>
  );
}

function Lesson(props: {
  readonly icon: "plus" | "minus" | "meaning";
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="button is-small"
      title={props.label}
      aria-label={props.label}
      onClick={props.onClick}
    >
      <Icon name={props.icon} size={18} />
      <span class="action-label">{props.label}</span>
    </button>
  );
}

/** Asks for the name of what the photos show. */
function TeachDialog(props: {
  readonly ids: readonly number[];
  readonly onClose: () => void;
  readonly onTaught: () => void;
}) {
  const [name, setName] = useState("");
  const teach = async () => {
    const given = name.trim();
    if (given === "") return;
    props.onClose();
    const taught = await decide(
      () => searchApi.teach(given, props.ids),
      () => strings.search.teachDone(given),
    );
    if (taught) props.onTaught();
  };
  return (
    <Dialog title={strings.search.teachTitle} onClose={props.onClose}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          void teach();
        }}
      >
        <p class="quiet">{strings.search.teachHint}</p>
        <label class="field-label">
          {strings.search.teachName}
          <input
            class="field"
            dir="auto"
            maxLength={MAX_NAME_LENGTH}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={props.onClose}>
            {strings.common.cancel}
          </button>
          <button type="submit" class="button is-primary" disabled={name.trim() === ""}>
            {strings.search.teach}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
