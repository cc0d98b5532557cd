import { useEffect } from "preact/hooks";
import type { Machine } from "../../../src/api/machine.ts";
import { api, get } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { formatBytes, formatPercent } from "../format.ts";
import { downloads, onLibraryEvent } from "../state/events.ts";
import { attempt } from "../state/notices.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";

/** Steps that are worth telling of: what is found in photos. */
const SEEN = ["objects", "embeddings", "ocr", "faces", "tags"];

/** What this machine can do: its cores and memory, what it sees in photos, and what a download would add. */
export function MachineCard() {
  const { data, reload } = useResource("machine", (signal) => get<Machine>("/machine", signal));
  useEffect(
    () =>
      onLibraryEvent((event) => event.type === "library" && event.reason === "models-changed" && reload()),
    [],
  );
  if (!data) return <section class="card machine-card" aria-busy="true" />;
  const { machine } = strings;
  const facts = [
    machine.cores(data.cores),
    machine.memory(formatBytes(data.memoryBytes)),
    machine.disk(formatBytes(data.freeDiskBytes)),
  ];
  return (
    <section class="card machine-card">
      <h2>{machine.title}</h2>
      <p>
        {facts.join(" · ")} <span class="quiet">{machine.atOnce(data.analysers)}</span>
      </p>
      <h3>{machine.sees}</h3>
      <ul class="machine-steps">
        {data.steps
          .filter(({ step }) => SEEN.includes(step))
          .map(({ step, isAvailable }) => (
            <li key={step} class={isAvailable ? "is-there" : ""}>
              <Icon name={isAvailable ? "check" : "minus"} size={18} />
              <span>
                <strong>{strings.steps[step]}</strong>
                {!isAvailable && <span class="status-badge">{machine.missing}</span>}
                <span class="quiet">{strings.models.adds[step]}</span>
              </span>
            </li>
          ))}
      </ul>
      <Offer machine={data} />
    </section>
  );
}

/** The models that anybody may use and that would add something: one press fetches them. */
function Offer({ machine }: { readonly machine: Machine }) {
  const models = machine.offers
    .find(({ models: offered }) => offered.some(isWanted))
    ?.models.filter(isWanted);
  const running = (models ?? []).flatMap(({ id }) => downloads.value.get(id) ?? []);
  if (models === undefined)
    return (
      <p>
        <a href="/models">{strings.machine.models}</a>
      </p>
    );
  const byteSize = models.reduce((sum, model) => sum + model.byteSize, 0);
  const received = running.reduce((sum, download) => sum + download.received, 0);
  const pull = () =>
    void attempt(() => Promise.all(models.map(({ id }) => api.pullModel(id))), strings.models.started);
  return (
    <div class="machine-offer">
      {running.length > 0 ? (
        <div class="model-progress">
          <progress value={received} max={byteSize} aria-label={strings.models.title} />
          <span class="quiet">{strings.machine.pulling(formatPercent(received / byteSize))}</span>
        </div>
      ) : (
        <button type="button" class="button" onClick={pull}>
          <Icon name="download" size={18} />
          {strings.machine.offer(formatBytes(byteSize))}
        </button>
      )}
      <a href="/models">{strings.machine.models}</a>
      <p class="quiet">{strings.machine.offerNote}</p>
    </div>
  );
}

function isWanted({ effect, isRestricted }: Machine["offers"][number]["models"][number]): boolean {
  return effect === "adds" && !isRestricted;
}
