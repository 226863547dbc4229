/** The mark and the name. */
export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="brand-tile" />
        <path d="M8 22v-9m5 9V8m6 14V12m5 10v-6" className="brand-bars" />
      </svg>
      <span>Hubbub</span>
    </span>
  );
}
