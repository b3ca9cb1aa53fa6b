import type { ReactNode } from "react";

const ICONS = {
  today:
    "M8 2.2v1.6M8 12.2v1.6M2.2 8h1.6M12.2 8h1.6M3.9 3.9l1.1 1.1M11 11l1.1 1.1M12.1 3.9 11 5M5 11l-1.1 1.1M8 5.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2Z",
  releases:
    "M2 8h2.4M7.6 8h.8M11.6 8H14M6 6.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2ZM10 6.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Z",
  run: "M4.8 3.2v9.6l7.6-4.8-7.6-4.8Z",
  fleet: "M2.6 2.6h4.2v4.2H2.6zM9.2 2.6h4.2v4.2H9.2zM2.6 9.2h4.2v4.2H2.6zM9.2 9.2h4.2v4.2H9.2z",
  audit: "M8 1.9 3 3.8v3.9c0 3.1 2 5.3 5 6.4 3-1.1 5-3.3 5-6.4V3.8L8 1.9ZM5.8 8l1.6 1.6 2.9-3.2",
  settings:
    "M2.4 4.6h6.2M12 4.6h1.6M2.4 11.4H4M7.4 11.4h6.2M10.3 3a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2ZM5.7 9.8a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Z",
  search: "M7 2.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8ZM10.3 10.3l3.1 3.1",
  sun: "M8 2v1.4M8 12.6V14M2 8h1.4M12.6 8H14M3.8 3.8l1 1M11.2 11.2l1 1M12.2 3.8l-1 1M4.8 11.2l-1 1M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6Z",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6Z",
  right: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  arrow: "M2.8 8h10M9 4.2 12.8 8 9 11.8",
  close: "m4 4 8 8M12 4l-8 8",
  pause: "M5.6 3.6v8.8M10.4 3.6v8.8",
  play: "M5 3.4v9.2L12.4 8 5 3.4Z",
  back: "M6 3.4 3 6.4l3 3M3.4 6.4h5.8a3.4 3.4 0 1 1 0 6.8H6.6",
  stop: "M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4L5.4 2ZM8 5v3.6M8 11h.01",
  warning: "M8 2.4 1.9 13h12.2L8 2.4ZM8 6.4v3M8 11.3h.01",
  copy: "M5.6 5.6h7v7h-7zM3.4 10.4V3.4h7",
  export: "M8 2.4v7M5 6.6l3 3 3-3M2.8 11.2v2h10.4v-2",
  out: "M6.4 2.8H3.2v10.4h3.2M6.6 8h6.6M10.4 5.2 13.2 8l-2.8 2.8",
  key: "M10.2 2.6a3.2 3.2 0 1 1-2.9 4.5L2.8 11.6v1.8h2.4v-1.6h1.6v-1.6l1.4-1.4",
  person: "M8 2.6a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2ZM2.9 13.6c.6-2.6 2.5-4 5.1-4s4.5 1.4 5.1 4",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  fold: "M4 6.4 8 2.4l4 4M4 9.6l4 4 4-4",
  refresh: "M13.2 8a5.2 5.2 0 1 1-1.5-3.7L13.2 6M13.2 2.6V6H9.8",
} as const;

export type IconName = keyof typeof ICONS;

/** A line drawing of 16 pixels that goes with words; alone it needs a label. */
export function Icon({
  name,
  size = 16,
  label,
}: {
  readonly name: IconName;
  readonly size?: number;
  readonly label?: string;
}): ReactNode {
  const line = (
    <path
      d={ICONS[name]}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  );
  if (label === undefined)
    return (
      <svg className="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
        {line}
      </svg>
    );
  return (
    <svg className="icon" viewBox="0 0 16 16" width={size} height={size} role="img" aria-label={label}>
      {line}
    </svg>
  );
}

/** From one release to the next: `R1 → R2`, read as "R1 to R2". */
export function FromTo({ from, to }: { readonly from: string | null; readonly to: string }): ReactNode {
  if (from === null) return <span className="nowrap">{to}</span>;
  return (
    <span className="from-to">
      {from}
      <Icon name="arrow" size={14} label="to" />
      {to}
    </span>
  );
}
