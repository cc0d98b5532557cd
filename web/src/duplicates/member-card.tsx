import { useState } from "preact/hooks";
import type { DuplicateMember } from "../../../src/api/duplicates.ts";
import { thumbnailUrl } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { openPhoto } from "../components/photo-tile.tsx";
import { formatBytes, formatShortDate, formatTime } from "../format.ts";
import { strings } from "../strings.ts";
import { type ComparedFact, shortFolder } from "./differences.ts";

/** One member of a group with what is known about it; where it differs from the others is marked. */
export function MemberCard(props: {
  readonly member: DuplicateMember;
  readonly facts: readonly ComparedFact[];
  readonly groupName: string;
  readonly isOpen: boolean;
  readonly isKeeper: boolean;
  readonly onKeep: () => void;
  readonly onTakeOut: () => void;
}) {
  const { member, isOpen, isKeeper } = props;
  const { photo } = member;
  return (
    <div
      class={`duplicate-member ${isKeeper ? "is-keeper" : ""} ${member.outcome === null ? "" : `is-${member.outcome}`}`}
      role={isOpen ? undefined : "listitem"}
    >
      <a
        class="duplicate-picture"
        href={`/photo/${photo.id}`}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          openPhoto(photo.id);
        }}
      >
        <MemberPicture photo={photo} />
        {member.isSuggestedKeeper && isOpen && (
          <span class="duplicate-badge">
            <Icon name="star" size={14} /> {strings.duplicates.suggested}
          </span>
        )}
        {member.outcome !== null && (
          <span class="duplicate-badge">{strings.duplicates.outcomes[member.outcome]}</span>
        )}
        <span class="duplicate-name" dir="auto">
          {photo.fileName}
        </span>
      </a>
      <dl class="duplicate-facts">
        {props.facts.map((fact) => (
          <div
            key={fact.fact}
            class={`${fact.isDifferent ? "is-different" : ""} ${fact.isBest ? "is-best" : ""}`}
          >
            <dt>{strings.duplicates.facts[fact.fact]}</dt>
            <dd dir="auto" title={fact.fact === "folder" ? member.path : undefined}>
              {wordsFor(fact)}
            </dd>
          </div>
        ))}
      </dl>
      {isOpen && (
        <div class="duplicate-choice">
          <label>
            <input
              type="radio"
              name={props.groupName}
              checked={isKeeper}
              aria-label={strings.duplicates.keepLabel(photo.fileName)}
              onChange={props.onKeep}
            />
            {strings.duplicates.keep}
          </label>
          <button
            type="button"
            class="link-button"
            aria-label={strings.duplicates.removeLabel(photo.fileName)}
            onClick={props.onTakeOut}
          >
            {strings.duplicates.remove}
          </button>
        </div>
      )}
    </div>
  );
}

/** The picture, or a sign that it has not been made yet or cannot be. */
function MemberPicture({ photo }: { readonly photo: DuplicateMember["photo"] }) {
  const url = thumbnailUrl(photo);
  const [broken, setBroken] = useState("");
  if (broken === url) {
    return (
      <span class="duplicate-missing">
        <Icon name={photo.status === "failed" ? "broken" : "clock"} size={32} />
      </span>
    );
  }
  return <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(url)} />;
}

function wordsFor({ fact, value }: ComparedFact): string {
  if (value === undefined || value === "") return strings.duplicates.unknown;
  if (fact === "bytes") return formatBytes(Number(value));
  if (fact === "taken") return `${formatShortDate(String(value))}, ${formatTime(String(value))}`;
  if (fact === "place") return strings.duplicates.yes;
  if (fact === "format") return String(value).toUpperCase();
  return fact === "folder" ? shortFolder(String(value)) : String(value);
}
