import { Icon } from "../components/icon.tsx";
import { Prose } from "../components/prose.tsx";
import { strings } from "../strings.ts";
import type { ModelGroup } from "./model-groups.ts";
import { ModelRow } from "./model-row.tsx";

/** A step: what it adds, whether it works, its models, and the others folded away. */
export function ModelGroupCard({
  group,
  onPulled,
}: {
  readonly group: ModelGroup;
  readonly onPulled: () => void;
}) {
  const { step, first, others } = group;
  return (
    <section class={`card model-group ${step.isAvailable ? "is-on" : ""}`}>
      <header class="model-group-head">
        <Icon name={step.isAvailable ? "check" : "clock"} />
        <h2>{strings.steps[step.step] ?? step.step}</h2>
        <span class={`status-badge ${step.isAvailable ? "is-active" : ""}`}>
          {step.isAvailable ? strings.models.available : strings.models.unavailable}
        </span>
      </header>
      <p class="model-group-adds">{strings.models.adds[step.step]}</p>
      {!step.isAvailable && (
        <p class="quiet" dir="auto">
          {first.length > 0 ? strings.models.missing : <Prose text={step.reason ?? ""} />}
        </p>
      )}
      <ul class="model-list">
        {first.map((model) => (
          <ModelRow key={model.id} model={model} onPulled={onPulled} />
        ))}
      </ul>
      {others.length > 0 && (
        <details class="model-others">
          <summary>{strings.models.others(others.length)}</summary>
          <ul class="model-list">
            {others.map((model) => (
              <ModelRow key={model.id} model={model} onPulled={onPulled} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
