import { Icon } from "../components/icon.tsx";
import { TOOLS } from "../components/navigation.ts";
import { strings } from "../strings.ts";

/** The way to everything that is not looked at every day. */
export function ToolsPage() {
  return (
    <main id="main" class="page">
      <header class="page-head">
        <h1>{strings.tools.title}</h1>
        <p class="quiet">{strings.tools.intro}</p>
      </header>
      <ul class="tool-list">
        {TOOLS.map(({ path, icon, label, hint }) => (
          <li key={path}>
            <a class="card tool" href={path}>
              <Icon name={icon} size={26} />
              <span>
                <strong>{label}</strong>
                <span class="quiet">{hint}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </main>
  );
}
