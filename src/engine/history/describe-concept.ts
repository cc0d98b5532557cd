import type { ConceptDecision } from "../../core/concept-decision.ts";

const countPhotos = (count: number) => (count === 1 ? "1 photo" : `${count} photos`);

/** What was decided about a concept or a setting, in words; undefined for decisions about anything else. */
export function describeConcept(decision: ConceptDecision | SettingDecision): string | undefined {
  switch (decision.kind) {
    case "concept.create":
      return decision.conceptKind === "named"
        ? `Taught ${decision.name}`
        : `Said what "${decision.name}" means (${countPhotos(decision.examples.length)})`;
    case "concept.rename":
      return `Renamed to ${decision.name} what was taught`;
    case "concept.teach":
      return `Said of ${countPhotos(decision.examples.length)} whether they show ${decision.name}`;
    case "concept.delete":
      return `Forgot ${decision.name}, which was taught`;
    case "setting.change":
      return `Set ${decision.setting} to ${JSON.stringify(decision.value)}`;
    default:
      return undefined;
  }
}

/** A setting that the user chose. */
interface SettingDecision {
  readonly kind: "setting.change";
  readonly setting: string;
  readonly value: unknown;
}
