import type { Json, Problem } from "@baton/core";
import { moved, type Stands, standsOf } from "../views/run-tenants.ts";
import type { KnownRun } from "./run-store.ts";
import { message, send, type Viewer } from "./viewer.ts";

/** What a summary is made of. */
export interface Look {
  readonly known: KnownRun;
  /** The run as the API tells it. */
  readonly body: object;
  readonly progress: Readonly<Record<string, Json>>;
}

/** Looks at a run for a summary; a problem where nobody knows how it stands. */
export type Summaries = (
  environment: string,
  run: string,
) => Promise<{ readonly look: Look } | { readonly problem: Problem }>;

/** Everybody who looks on at one run. */
export interface Channel {
  readonly viewers: ReadonlySet<Viewer>;
  join(viewer: Viewer, mayGoOn: () => Promise<boolean>): void;
  leave(viewer: Viewer): void;
  publish(events: readonly { readonly position: number; readonly text: string }[], last: number): void;
  /** Sends one viewer the present, and how far it was told, so that it can ask for what comes behind that. */
  greet(viewer: Viewer, trouble: Problem | null): Promise<void>;
  trouble(problem: Problem | null): void;
  /** Keeps connections open, and cuts off whoever may not look on any more. */
  beat(): void;
  stop(): void;
}

/** Summaries follow events no faster than this, and come once a second while the run moves by itself. */
const PACE_MS = 200;
const TICK_MS = 1_000;

export function createChannel(environment: string, run: string, summaries: Summaries): Channel {
  const viewers = new Map<Viewer, () => Promise<boolean>>();
  let stands: Stands | null = null;
  let last = "";
  let pending: NodeJS.Timeout | null = null;
  let unknown = false;

  const toAll = (text: string) => {
    for (const viewer of viewers.keys()) if (viewer.waiting === null) send(viewer, text);
  };

  async function summary(): Promise<void> {
    if (viewers.size === 0 || unknown) return;
    const seen = await summaries(environment, run);
    if ("problem" in seen) return;
    const { known, body, progress } = seen.look;
    const now = standsOf(known.loaded);
    const tenants = moved(known.loaded, stands, now);
    stands = now;
    const text = JSON.stringify({ ...body, at: 0 }) + JSON.stringify(progress);
    if (text === last && tenants.length === 0) return;
    last = text;
    toAll(message("summary", { state: "known", problem: null, run: body, tenants, progress }, null));
  }

  function soon(): void {
    pending ??= setTimeout(() => {
      void summary().finally(() => {
        pending = null;
      });
    }, PACE_MS);
  }

  const tick = setInterval(() => {
    if (pending === null) soon();
  }, TICK_MS);
  tick.unref();

  return {
    get viewers() {
      return new Set(viewers.keys());
    },
    join: (viewer, mayGoOn) => void viewers.set(viewer, mayGoOn),
    leave: (viewer) => void viewers.delete(viewer),
    publish(events, position) {
      const whole = events.map(({ text }) => text).join("");
      for (const viewer of viewers.keys()) {
        if (viewer.waiting !== null) viewer.waiting.push(...events);
        else if (send(viewer, textBehind(viewer, events, whole)))
          viewer.sent = Math.max(viewer.sent, position);
      }
      soon();
    },
    async greet(viewer, trouble) {
      const seen = trouble === null ? await summaries(environment, run) : { problem: trouble };
      if ("problem" in seen) {
        send(viewer, message("summary", unknownBecause(seen.problem), viewer.sent));
        return;
      }
      const { known, body, progress } = seen.look;
      const tenants = moved(known.loaded, null, standsOf(known.loaded));
      send(
        viewer,
        message("summary", { state: "known", problem: null, run: body, tenants, progress }, viewer.sent),
      );
    },
    trouble(problem) {
      unknown = problem !== null;
      if (problem !== null) toAll(message("summary", unknownBecause(problem), null));
      else {
        last = "";
        soon();
      }
    },
    beat() {
      for (const [viewer, mayGoOn] of viewers) {
        send(viewer, ": still here\n\n");
        void mayGoOn().then((may) => {
          if (!may) viewer.out.end();
        });
      }
    },
    stop() {
      clearInterval(tick);
      if (pending !== null) clearTimeout(pending);
    },
  };
}

/** Whoever read up to the present by themselves may be ahead of the rest. */
const textBehind = (
  { sent }: Viewer,
  events: readonly { readonly position: number; readonly text: string }[],
  whole: string,
): string =>
  sent < (events[0]?.position ?? 0)
    ? whole
    : events
        .filter(({ position }) => position > sent)
        .map(({ text }) => text)
        .join("");

const unknownBecause = (problem: Problem) => ({
  state: "unknown",
  problem,
  run: null,
  tenants: [],
  progress: {},
});
