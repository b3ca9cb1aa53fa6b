const MINUTE = 60;
const HOUR = 3600;
/** From here on seconds beside minutes say nothing any more. */
const ROUND_TO_MINUTES = 10 * MINUTE;

/**
 * A duration given in seconds: `0.3 s`, `41 s`, `2 min 10 s`, `12 min`, `1 h 20`; `unknown` where there is none. What is
 * shorter than a tenth of a second, but happened, is `under 0.1 s`.
 */
export function renderDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return "unknown";
  if (seconds === 0) return "0 s";
  if (seconds < 0.05) return "under 0.1 s";
  const tenths = Math.round(seconds * 10) / 10;
  if (tenths < 10) return `${tenths} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < ROUND_TO_MINUTES) return minutesAndSeconds(whole);
  const minutes = Math.round(seconds / MINUTE);
  if (minutes < MINUTE) return `${minutes} min`;
  return hoursAndMinutes(minutes);
}

function minutesAndSeconds(whole: number): string {
  const rest = whole % MINUTE;
  return `${Math.floor(whole / MINUTE)} min${rest === 0 ? "" : ` ${rest} s`}`;
}

function hoursAndMinutes(minutes: number): string {
  const perHour = HOUR / MINUTE;
  const rest = minutes % perHour;
  return `${Math.floor(minutes / perHour)} h${rest === 0 ? "" : ` ${String(rest).padStart(2, "0")}`}`;
}

/** An estimate given in seconds, to whole seconds: what is not measured has no tenths. `about 6 s`; `unknown` where there is none. */
export function renderEstimate(seconds: number | null | undefined): string {
  const words = renderDuration(seconds === null || seconds === undefined ? seconds : Math.round(seconds));
  return words === "unknown" ? words : `about ${words}`;
}

/** A latency given in milliseconds: `12 ms`, `0.8 ms`, `1.2 s`; `unknown` where there is none. */
export function renderMilliseconds(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return "unknown";
  if (milliseconds >= 1000) return renderDuration(milliseconds / 1000);
  return `${milliseconds < 10 ? Math.round(milliseconds * 10) / 10 : Math.round(milliseconds)} ms`;
}
