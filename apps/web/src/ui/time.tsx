import { renderDuration } from "@baton/core";
import { type ReactNode, useEffect, useState } from "react";

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

/** A moment with its zone; of today by the clock alone. The machine-readable time is in UTC. */
export function Moment({
  at,
  full = false,
}: {
  readonly at: number | null;
  readonly full?: boolean;
}): ReactNode {
  if (at === null) return <span className="quiet">–</span>;
  const date = new Date(at);
  const today = new Date().toDateString() === date.toDateString();
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()} className="nowrap">
      {today && !full ? CLOCK.format(date) : DAY.format(date)}
    </time>
  );
}

/** The zone this browser shows times in, for heads of columns. */
export const zoneName = (): string =>
  new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" })
    .formatToParts(new Date())
    .find((part) => part.type === "timeZoneName")?.value ?? "UTC";

const SHORT = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The clock alone, under a head that names the zone. */
export const clockOf = (at: number): string => SHORT.format(new Date(at));

/** A time that moves on every second while it is shown. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago, in words: `12 min ago`. */
export function Ago({ at }: { readonly at: number | null }): ReactNode {
  const now = useNow(10_000);
  if (at === null) return <span className="quiet">–</span>;
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()} className="nowrap">
      {seconds < 5 ? "just now" : `${renderDuration(seconds)} ago`}
    </time>
  );
}

/** For how long something has been so: `12 min`. */
export function Since({ at }: { readonly at: number }): ReactNode {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()} className="nowrap">
      {renderDuration(Math.max(0, Math.round((now - at) / 1000)))}
    </time>
  );
}
