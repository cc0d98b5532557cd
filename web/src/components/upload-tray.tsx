import { upload } from "../state/uploads.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";

/** How an upload goes and what became of its files. */
export function UploadTray() {
  const current = upload.value;
  if (!current) return null;
  const done = current.accepted + current.duplicates + current.rejected.length;
  const isRunning = done < current.total;
  return (
    <section class="notice upload-tray" aria-label={strings.upload.region}>
      <div class="upload-head">
        <Icon name={isRunning ? "upload" : "check"} />
        <span>
          {isRunning
            ? strings.upload.progress(done, current.total)
            : strings.upload.finished(current.accepted)}
        </span>
        {!isRunning && (
          <button
            type="button"
            class="icon-button"
            aria-label={strings.common.close}
            onClick={() => (upload.value = undefined)}
          >
            <Icon name="close" size={16} />
          </button>
        )}
      </div>
      {isRunning && <progress value={done} max={current.total} aria-label={strings.upload.region} />}
      {current.duplicates > 0 && <p class="quiet">{strings.upload.duplicates(current.duplicates)}</p>}
      {current.rejected.length > 0 && (
        <details>
          <summary>{strings.upload.rejected(current.rejected.length)}</summary>
          <ul class="upload-rejected">
            {current.rejected.map(({ fileName, reason }, index) => (
              <li key={index}>
                <bdi>{fileName}</bdi>: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
