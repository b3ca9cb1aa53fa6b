import type { RunEvent } from "@baton/core";
import { answered, noteProblems } from "./answer.ts";
import { client } from "./client.ts";
import { freshness } from "./freshness.ts";
import { readEvent } from "./read-event.ts";
import type { EventBody, RunBody, RunStepBody, RunTenantsBody, StreamSummary } from "./types.ts";

/** An event of the run with its place in the journal. */
export interface LiveEvent {
  readonly position: number;
  readonly at: number;
  readonly event: RunEvent;
}

/** Where one tenant stands: positions in the lists of `RunTenantsBody`. */
export interface LiveTenant {
  readonly id: string;
  readonly ring: number;
  readonly standing: number;
  readonly step: number;
}

/** All that the page of a run shows, as far as it has arrived. A part that has changed is another object. */
export interface LiveView {
  readonly run: RunBody | null;
  readonly fleet: Pick<RunTenantsBody, "rings" | "standings" | "steps"> | null;
  readonly tenants: readonly LiveTenant[];
  readonly steps: readonly RunStepBody[];
  readonly events: readonly LiveEvent[];
  /** There are older events than those that were loaded. */
  readonly more: boolean;
  readonly progress: StreamSummary["progress"];
  /** Why the run cannot be shown. */
  readonly error: unknown;
}

const EMPTY: LiveView = {
  run: null,
  fleet: null,
  tenants: [],
  steps: [],
  events: [],
  more: false,
  progress: {},
  error: null,
};

/** A page draws at most so often, however fast the events come. */
const TELL_EVERY_MS = 100;
/** Steps change with their own events only, and are asked for at most so often. */
const STEPS_EVERY_MS = 500;
const KEPT_EVENTS = 5_000;
const PAGE = 200;
/** Positions behind the present whose events are loaded at first. */
const LOOK_BACK = 600;

/** One run, loaded once and then followed by its stream. Misses no event: the stream begins where the loading ended. */
export class LiveRun {
  readonly #environment: string;
  readonly #run: string;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #places = new Map<string, number>();
  /** Events that came since the page was last told. */
  #incoming: LiveEvent[] = [];
  #position = 0;
  #view: LiveView = EMPTY;
  #told: LiveView = EMPTY;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stepsTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(environment: string, run: string) {
    this.#environment = environment;
    this.#run = run;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly get = (): LiveView => this.#told;

  start(): void {
    this.#load().catch((error: unknown) => this.#change({ error }));
  }

  stop(): void {
    this.#stop.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#stepsTimer !== null) clearTimeout(this.#stepsTimer);
    freshness.regain("stream");
  }

  /** Loads what lies further back in the journal. */
  async loadEarlier(): Promise<void> {
    const oldest = this.#view.events[0]?.position ?? 0;
    const earlier = await this.#eventsBetween(Math.max(0, oldest - 1 - LOOK_BACK * 4), oldest - 1);
    this.#change({ events: [...earlier, ...this.#view.events], more: earlier.length > 0 });
  }

  async #load(): Promise<void> {
    const params = this.#params;
    const run = await answered(client.getRun({ params }));
    this.#change({ run, error: null });
    const from = Math.max(0, run.position - LOOK_BACK);
    const [tenants, steps, events] = await Promise.all([
      answered(client.getRunTenants({ params })),
      answered(client.listRunSteps({ params })),
      this.#eventsBetween(from, run.position),
    ]);
    this.#takeTenants(tenants);
    this.#position = events.at(-1)?.position ?? 0;
    this.#change({ steps: steps.items, events, more: from > 0 });
    await this.#follow(Math.min(run.position, tenants.position));
  }

  async #follow(after: number): Promise<void> {
    const messages = client.follow(
      "streamRun",
      { params: this.#params, query: { after } },
      {
        signal: this.#stop.signal,
        onTrouble: (problem) => {
          // Whether the server is gone altogether is told by what else is asked of it.
          if (problem.code !== "BATON-API-UNREACHABLE") noteProblems([problem]);
          freshness.lose("stream");
        },
      },
    );
    for await (const { event, data } of messages) {
      freshness.regain("stream");
      freshness.regain("server");
      if (event === "summary") this.#takeSummary(data as StreamSummary);
      else this.#takeEvent(data as EventBody);
    }
  }

  #takeSummary({ state, run, tenants, progress }: StreamSummary): void {
    if (state === "unknown") {
      freshness.lose("journal");
      return;
    }
    freshness.regain("journal");
    this.#change({ ...(run === null ? {} : { run }), progress });
    if (tenants.length === 0) return;
    const next = [...this.#view.tenants];
    for (const { id, standing, step } of tenants) {
      const at = this.#places.get(id);
      const before = at === undefined ? undefined : next[at];
      if (at !== undefined && before !== undefined) next[at] = { ...before, standing, step };
    }
    this.#change({ tenants: next });
  }

  #takeEvent(stored: EventBody): void {
    const read = liveEvent(stored);
    if (read === null || stored.position <= this.#position) return;
    this.#position = stored.position;
    this.#incoming.push(read);
    this.#change({});
    if (/^(step|run|hold|unit)\./.test(stored.type)) this.#askForSteps();
  }

  #askForSteps(): void {
    this.#stepsTimer ??= setTimeout(() => {
      this.#stepsTimer = null;
      answered(client.listRunSteps({ params: this.#params }, { signal: this.#stop.signal })).then(
        (steps) => this.#change({ steps: steps.items }),
        // The banner says why; the next event asks again.
        () => undefined,
      );
    }, STEPS_EVERY_MS);
  }

  #takeTenants({ rings, standings, steps, tenants }: RunTenantsBody): void {
    const all = tenants.id.map((id, at) => ({
      id,
      ring: tenants.ring[at] ?? 0,
      standing: tenants.standing[at] ?? 0,
      step: tenants.step[at] ?? -1,
    }));
    const sorted = all.sort((a, b) => a.ring - b.ring);
    this.#places.clear();
    for (const [at, { id }] of sorted.entries()) this.#places.set(id, at);
    this.#change({ fleet: { rings, standings, steps }, tenants: sorted });
  }

  async #eventsBetween(after: number, upTo: number): Promise<readonly LiveEvent[]> {
    const found: LiveEvent[] = [];
    let cursor: string | null = String(after);
    while (cursor !== null) {
      const page: { readonly items: readonly EventBody[]; readonly nextCursor: string | null } =
        await answered(
          client.listRunEvents({
            params: this.#params,
            query: { limit: PAGE, ...(cursor === "0" ? {} : { cursor }) },
          }),
        );
      for (const item of page.items) {
        const read = item.position > upTo ? null : liveEvent(item);
        if (read !== null) found.push(read);
      }
      cursor = (page.items.at(-1)?.position ?? upTo) >= upTo ? null : page.nextCursor;
    }
    return found;
  }

  get #params(): { readonly environment: string; readonly run: string } {
    return { environment: this.#environment, run: this.#run };
  }

  #change(change: Partial<LiveView>): void {
    this.#view = { ...this.#view, ...change };
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#incoming.length > 0) {
        const events = [...this.#view.events, ...this.#incoming].slice(-KEPT_EVENTS);
        this.#incoming = [];
        this.#view = { ...this.#view, events };
      }
      this.#told = this.#view;
      for (const listener of this.#listeners) listener();
    }, TELL_EVERY_MS);
  }
}

function liveEvent(stored: EventBody): LiveEvent | null {
  const event = readEvent(stored);
  return event === null ? null : { position: stored.position, at: stored.at, event };
}
