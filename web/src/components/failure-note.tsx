import type { ApiError } from "../api-client.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";
import { Prose } from "./prose.tsx";
import { withoutCommands } from "./without-commands.ts";

/** What went wrong, in the server's words, and what can be done: install what is missing, or try again. */
export function FailureNote({ error, onRetry }: { readonly error: ApiError; readonly onRetry?: () => void }) {
  return (
    <div class="failure-note" role="alert">
      <Icon name="warning" size={28} />
      <p>
        <Prose text={error.code === "model_missing" ? withoutCommands(error.message) : error.message} />
      </p>
      {error.code === "model_missing" && (
        <a class="button" href="/models">
          {strings.search.missingModel}
        </a>
      )}
      {onRetry && error.code !== "model_missing" && (
        <button type="button" class="button" onClick={onRetry}>
          {strings.common.retry}
        </button>
      )}
    </div>
  );
}
