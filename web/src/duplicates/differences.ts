import type { DuplicateMember } from "../../../src/api/duplicates.ts";

/** What photos of a group are compared by, in the order shown. */
export const FACTS = ["size", "bytes", "format", "taken", "camera", "place", "folder"] as const;
export type Fact = (typeof FACTS)[number];

/** What says nothing where it is the same of all. */
const ONLY_WHERE_DIFFERENT: ReadonlySet<Fact> = new Set(["format", "folder"]);

/** A fact about one member, and how it stands beside the others. */
export interface ComparedFact {
  readonly fact: Fact;
  /** Equal for equal values; undefined where the photo does not have it. */
  readonly value: string | number | undefined;
  /** Whether the members differ in it. */
  readonly isDifferent: boolean;
  /** Whether no other member has more of it, and some have less. */
  readonly isBest: boolean;
}

/** The folder of a path as on the server, either kind of slash. */
export function folderOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, "");
}

/** The last two names of a folder, where the whole would not fit. */
export function shortFolder(folder: string): string {
  const names = folder.split(/[\\/]/);
  return names.length <= 3 ? folder : `…/${names.slice(-2).join("/")}`;
}

/** The facts of every member in the order of {@link FACTS}, differences marked; without those that nobody has, or that say nothing. */
export function compareMembers(members: readonly DuplicateMember[]): readonly (readonly ComparedFact[])[] {
  const columns = FACTS.map((fact) => {
    const values = members.map((member) => valueOf(fact, member));
    const amounts = members.map((member) => amountOf(fact, member));
    const most = Math.max(...amounts);
    const isDifferent = new Set(values).size > 1;
    return { fact, values, isDifferent, amounts, most, hasLess: amounts.some((amount) => amount < most) };
  }).filter(
    ({ fact, values, isDifferent }) =>
      values.some((value) => value !== undefined) && (isDifferent || !ONLY_WHERE_DIFFERENT.has(fact)),
  );
  return members.map((_, i) =>
    columns.map(({ fact, values, isDifferent, amounts, most, hasLess }) => ({
      fact,
      value: values[i],
      isDifferent,
      isBest: hasLess && amounts[i] === most,
    })),
  );
}

function valueOf(fact: Fact, { photo, ...member }: DuplicateMember): string | number | undefined {
  switch (fact) {
    case "size":
      return photo.width === null ? undefined : `${photo.width} × ${photo.height}`;
    case "bytes":
      return member.byteSize;
    case "format":
      return member.format ?? undefined;
    case "taken":
      return photo.takenAt ?? undefined;
    case "camera":
      return member.cameraModel ?? undefined;
    case "place":
      return member.hasGps ? "yes" : undefined;
    case "folder":
      return folderOf(member.path);
  }
}

/** How much a member has of what more of is better; the same for all where there is no better. */
function amountOf(fact: Fact, { photo, ...member }: DuplicateMember): number {
  switch (fact) {
    case "size":
      return (photo.width ?? 0) * (photo.height ?? 0);
    case "bytes":
      return member.byteSize;
    case "taken":
      return photo.takenAt === null ? 0 : 1;
    case "camera":
      return member.cameraModel === null ? 0 : 1;
    case "place":
      return member.hasGps ? 1 : 0;
    case "format":
    case "folder":
      return 0;
  }
}
