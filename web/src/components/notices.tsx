import { dismissNotice, notices } from "../state/notices.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icon.tsx";
import { UploadTray } from "./upload-tray.tsx";

/** Short messages and the upload's progress, at the edge of the page. */
export function Notices() {
  return (
    <div class="notices">
      <UploadTray />
      <div role="status" aria-live="polite" class="notice-list">
        {notices.value.map((notice) => (
          <div key={notice.id} class={`notice ${notice.isError ? "is-error" : ""}`}>
            {notice.isError && <Icon name="warning" />}
            <span>{notice.text}</span>
            {notice.action && (
              <button
                type="button"
                class="button is-small"
                onClick={() => {
                  dismissNotice(notice.id);
                  notice.action!.run();
                }}
              >
                {notice.action.label}
              </button>
            )}
            <button
              type="button"
              class="icon-button"
              aria-label={strings.common.close}
              onClick={() => dismissNotice(notice.id)}
            >
              <Icon name="close" size={16} />
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}
