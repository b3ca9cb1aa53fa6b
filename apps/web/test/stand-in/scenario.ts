import type { StreamSummary as StreamSummarySchema } from "@baton/contracts";
import type { Json, StoredEvent } from "@baton/core";
import type { z } from "zod";
import type { RunHistory } from "./history.ts";
import { KeptJournal } from "./kept-journal.ts";
import { StandingRun } from "./standing-run.ts";

type Moved = z.infer<typeof StreamSummarySchema>["tenants"];

export interface ScenarioOptions {
  /** Runs that are over, the oldest first, each whole. */
  readonly past: readonly RunHistory[];
  readonly current: RunHistory;
  /** Events of the current run that have happened; negative: from the end. */
  readonly happened: number;
  /** What whoever looks may do. */
  readonly rights?: readonly ("view" | "operate" | "approve" | "administer")[];
  readonly me?: string;
}

/** What the stand-in tells of: runs in a real journal, folded by core, at a moment that can be moved on. */
export class Scenario {
  readonly journal: KeptJournal;
  readonly past: readonly StandingRun[];
  readonly current: StandingRun;
  readonly rights: NonNullable<ScenarioOptions["rights"]>;
  readonly me: string;
  /** Passing figures by effect key. */
  progress: Record<string, Json> = {};
  /** Lines of the export are changed by this before they are sent: what a tampered journal would look like. */
  tamper: (lines: readonly string[]) => readonly string[] = (lines) => lines;
  readonly #started = Date.now();

  private constructor(
    journal: KeptJournal,
    past: readonly StandingRun[],
    current: StandingRun,
    options: ScenarioOptions,
  ) {
    this.journal = journal;
    this.past = past;
    this.current = current;
    this.rights = options.rights ?? ["view", "operate", "approve", "administer"];
    this.me = options.me ?? "Maya Lind";
  }

  static async make(options: ScenarioOptions): Promise<Scenario> {
    const journal = await KeptJournal.open();
    const past: StandingRun[] = [];
    for (const history of options.past) {
      const run = new StandingRun(history);
      run.position = (await journal.append(history, 0, history.events.length)).at(-1)?.position ?? 0;
      run.advance(history.events.length);
      past.push(run);
    }
    const current = new StandingRun(options.current);
    const scenario = new Scenario(journal, past, current, options);
    const all = options.current.events.length;
    await scenario.advance(options.happened < 0 ? all + options.happened : options.happened);
    await journal.sign();
    return scenario;
  }

  get runs(): readonly StandingRun[] {
    return [...this.past, this.current];
  }

  /** The journal's time: the last event's, and what went by since the scenario began. */
  now(): number {
    const last = this.current.history.events[Math.max(0, this.current.count - 1)]?.at ?? 0;
    return last + Math.min(900, Date.now() - this.#started);
  }

  async advance(count: number): Promise<{ readonly added: readonly StoredEvent[]; readonly moved: Moved }> {
    const { current } = this;
    const before = current.count === 0 ? null : current.tenants(0).tenants;
    const to = Math.min(current.count + count, current.history.events.length);
    const added = await this.journal.append(current.history, current.count, to);
    current.advance(to);
    current.position = added.at(-1)?.position ?? current.position;
    const after = current.tenants(0).tenants;
    const moved = after.id.flatMap((id, at) => {
      const [standing, step] = [after.standing[at] ?? 0, after.step[at] ?? -1];
      return before?.standing[at] === standing && before?.step[at] === step ? [] : [{ id, standing, step }];
    });
    return { added, moved: before === null ? [] : moved };
  }

  eventsAfter(position: number): readonly StoredEvent[] {
    return this.eventsOf(this.current.history.run).filter((event) => event.position > position);
  }

  eventsOf(run: string): readonly StoredEvent[] {
    return this.journal.stored.filter(
      ({ stream }) => stream === `run/${run}` || stream.startsWith(`run/${run}/`),
    );
  }
}
