import { useEffect, useState } from "preact/hooks";
import type { DuplicateGroup, DuplicateMember, ResolveAnswer } from "../../../src/api/duplicates.ts";
import { Icon } from "../components/icon.tsx";
import { formatBytes, formatPercent } from "../format.ts";
import { decide, undoDecisions } from "../people/decide.ts";
import { strings } from "../strings.ts";
import { compareMembers } from "./differences.ts";
import { CompareDialog } from "./compare-dialog.tsx";
import { duplicatesApi } from "./duplicates-api.ts";
import { MemberCard } from "./member-card.tsx";

/** One group: its members side by side with their differences, which one to keep, and what that would do. */
export function GroupCard({ group }: { readonly group: DuplicateGroup }) {
  const isOpen = group.state === "open";
  const [keeperId, setKeeperId] = useState(group.keeperId ?? group.suggestedKeeperId);
  const [isComparing, setComparing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const plan = usePlan(group, keeperId);
  const members = suggestedFirst(group.members);
  const facts = compareMembers(members);
  const losers = plan?.loserIds.length ?? group.memberCount - 1;

  const act = async (action: () => Promise<unknown>) => {
    setBusy(true);
    await action();
    setBusy(false);
  };
  const resolve = () =>
    decide(
      () => duplicatesApi.resolve(group.id, keeperId),
      (answer) => strings.duplicates.resolved(answer.loserIds.length),
    );
  const dismiss = () =>
    decide(
      () => duplicatesApi.dismiss(group.id),
      () => strings.duplicates.dismissed,
    );
  const takeOut = (photoId: number) =>
    decide(
      () => duplicatesApi.removeMember(group.id, photoId),
      () => strings.duplicates.removed,
    );

  return (
    <li class="card duplicate-group" aria-busy={isBusy}>
      <header class="duplicate-head">
        <h2>{strings.duplicates.group(group.memberCount)}</h2>
        <span class={`status-badge is-${group.kind}`} title={strings.duplicates.kindHint[group.kind]}>
          {strings.duplicates.kinds[group.kind]}
        </span>
        <span class="quiet">
          {group.kind !== "exact" && `${strings.duplicates.alike(formatPercent(group.score))} · `}
          {strings.duplicates.saves(formatBytes(group.reclaimableBytes))}
        </span>
      </header>
      <div
        class="duplicate-members"
        role={isOpen ? "radiogroup" : "list"}
        aria-label={isOpen ? strings.duplicates.keeps : strings.duplicates.group(group.memberCount)}
      >
        {members.map((member, i) => (
          <MemberCard
            key={member.photo.id}
            member={member}
            facts={facts[i]!}
            groupName={`keeper-${group.id}`}
            isOpen={isOpen}
            isKeeper={member.photo.id === keeperId}
            onKeep={() => setKeeperId(member.photo.id)}
            onTakeOut={() => void act(() => takeOut(member.photo.id))}
          />
        ))}
      </div>
      {group.memberCount > members.length && (
        <p class="quiet">{strings.duplicates.more(group.memberCount - members.length)}</p>
      )}
      {isOpen && plan && <CarriedOver carried={plan.carriedOver} />}
      {isOpen && plan && plan.lost.length > 0 && (
        <p class="duplicate-warning">
          <Icon name="warning" size={16} />
          <span>{strings.duplicates.losesFacts(plan.lost)}</span>
        </p>
      )}
      <footer class="duplicate-actions">
        <button type="button" class="button" onClick={() => setComparing(true)}>
          {strings.duplicates.compare}
        </button>
        {isOpen ? (
          <>
            <button type="button" class="button" disabled={isBusy} onClick={() => void act(dismiss)}>
              {strings.duplicates.dismiss}
            </button>
            <button
              type="button"
              class="button is-primary"
              disabled={isBusy || losers === 0}
              onClick={() => void act(resolve)}
            >
              {strings.duplicates.resolve(losers)}
            </button>
          </>
        ) : (
          group.decisionId !== null && (
            <button
              type="button"
              class="button"
              disabled={isBusy}
              onClick={() => void act(() => undoDecisions([group.decisionId!]))}
            >
              {strings.duplicates.undo}
            </button>
          )
        )}
      </footer>
      {isComparing && (
        <CompareDialog members={members} keeperId={keeperId} onClose={() => setComparing(false)} />
      )}
    </li>
  );
}

function suggestedFirst(members: readonly DuplicateMember[]): readonly DuplicateMember[] {
  return members.toSorted((a, b) => Number(b.isSuggestedKeeper) - Number(a.isSuggestedKeeper));
}

/** What keeping this one would do; undefined until the server said so. */
function usePlan(group: DuplicateGroup, keeperId: number): ResolveAnswer | undefined {
  const [plan, setPlan] = useState<ResolveAnswer>();
  useEffect(() => {
    if (group.state !== "open") return undefined;
    let isWanted = true;
    duplicatesApi.planResolve(group.id, keeperId).then(
      (answer) => isWanted && setPlan(answer),
      // Only a forecast: resolving itself says what is wrong.
      () => isWanted && setPlan(undefined),
    );
    return () => void (isWanted = false);
  }, [group.id, group.updatedAt, keeperId]);
  return plan;
}

function CarriedOver({ carried }: { readonly carried: ResolveAnswer["carriedOver"] }) {
  const { carried: words } = strings.duplicates;
  const parts = [
    carried.tags.length > 0 && words.tags(carried.tags),
    carried.persons.length > 0 && words.persons(carried.persons),
    carried.albums.length > 0 && words.albums(carried.albums),
    carried.rating !== null && words.rating(carried.rating),
    carried.title !== null && words.title,
    carried.description !== null && words.description,
    carried.isFavourite && words.isFavourite,
  ].filter((part) => typeof part === "string");
  if (parts.length === 0) return null;
  return (
    <p class="quiet" dir="auto">
      {strings.duplicates.carriesOver(parts.join(", "))}
    </p>
  );
}
