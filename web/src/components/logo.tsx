/** The app's mark: an eye whose iris is a small sun. */
export function Logo() {
  return (
    <svg class="logo" width="28" height="28" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="logo-field" width="32" height="32" rx="9" />
      <path
        class="logo-eye"
        d="M4.500 16C7.600 10.600 11.500 8 16 8s8.400 2.600 11.500 8c-3.100 5.400-7 8-11.500 8S7.600 21.400 4.500 16z"
      />
      <circle class="logo-iris" cx="16" cy="16" r="4.200" />
    </svg>
  );
}
