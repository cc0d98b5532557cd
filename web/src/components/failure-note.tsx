import type { ApiError } from "../api-client.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";
import { Prose } from "./prose.tsx";

/** What went wrong, in the server's words, and a button to try again. */
export function FailureNote({ error, onRetry }: { readonly error: ApiError; readonly onRetry?: () => void }) {
  return (
    <div class="failure-note" role="alert">
      <Icon name="warning" size={28} />
      <p>
        <Prose text={error.message} />
      </p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          {strings.common.retry}
        </button>
      )}
    </div>
  );
}
