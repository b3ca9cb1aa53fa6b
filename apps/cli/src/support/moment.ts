const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

/**
 * A moment as people name it: a time that has gone by (`30s`, `10m`, `2h`, `1d`) or a date with or without a time, in UTC
 * where no zone is named (`2026-11-21`, `2026-11-21 12:00`, `2026-11-21T12:00:00+01:00`). Milliseconds since 1970; null where
 * it is neither.
 */
export function readMoment(text: string, now: number): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h|d)$/.exec(text.trim()) ?? [];
  if (amount !== undefined && unit !== undefined) return now - Number(amount) * (SECONDS[unit] ?? 0) * 1_000;
  const [, day, time, zone] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|UTC|[+-]\d\d:\d\d)?)?$/.exec(text.trim()) ??
    [];
  if (day === undefined) return null;
  const at = Date.parse(`${day}T${time ?? "00:00"}${zone === undefined || zone === "UTC" ? "Z" : zone}`);
  return Number.isFinite(at) ? at : null;
}
