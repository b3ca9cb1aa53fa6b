/** A number as people read it: grouped by commas, at most one decimal; `unknown` where there is none. Never 0 for nothing known. */
export function renderNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "unknown";
  const rounded = Math.round(value * 10) / 10;
  const [whole = "0", decimals] = String(Math.abs(rounded)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${rounded < 0 ? "-" : ""}${grouped}${decimals === undefined ? "" : `.${decimals}`}`;
}

/** A ratio with both its parts, `1,998 of 2,000`. A percentage alone would hide how few there were. */
export function renderRatio(part: number | null | undefined, whole: number | null | undefined): string {
  return `${renderNumber(part)} of ${renderNumber(whole)}`;
}

/** A count with its noun, `1 tenant`, `12 tenants`, `unknown tenants`. */
export function renderCount(count: number | null | undefined, noun: string): string {
  return `${renderNumber(count)} ${count === 1 ? noun : `${noun}s`}`;
}
