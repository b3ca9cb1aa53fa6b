import type { ReactNode } from "react";
import { type StaleCause, useStale } from "../api/freshness.ts";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/time.tsx";

const WORDS: Readonly<Record<StaleCause, { readonly what: string; readonly todo: string }>> = {
  server: {
    what: "The server does not answer.",
    todo: "A run goes on without it. This page asks again by itself; on the machine, `npm start` or `baton serve` brings it back.",
  },
  journal: {
    what: "The journal's database cannot be reached.",
    todo: "Nobody can say how the run stands until it is back. This page asks again by itself; `baton doctor` says what is missing.",
  },
  stream: {
    what: "The connection to the run is lost.",
    todo: "This page joins it again by itself and misses no event.",
  },
};

/** One loud place while nobody vouches for what is shown: since when, why, and what to do. */
export function Banner(): ReactNode {
  const stale = useStale();
  return (
    <div role="status">
      {stale !== null && (
        <div className="banner">
          <Icon name="warning" />
          <p>
            <strong>{WORDS[stale.cause].what}</strong> What is shown is as of <Moment at={stale.since} />, and
            every state counts as unknown. {WORDS[stale.cause].todo}
          </p>
        </div>
      )}
    </div>
  );
}
