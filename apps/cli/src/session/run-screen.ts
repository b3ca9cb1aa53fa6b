import { type Json, type PlanIndex, type RunState, summarize } from "@baton/core";
import type { Workload, WorkloadStats } from "@baton/session";
import type { Output } from "../output.ts";
import { plainChanges } from "../render/changes.ts";
import { LiveRegion } from "../render/live.ts";
import { renderRun } from "../render/run.ts";
import type { RunView } from "../render/view.ts";

/** A look at a run, as whoever drives or follows it has it. `now` is the journal's time. */
export interface Look {
  readonly index: PlanIndex;
  readonly state: RunState;
  readonly progress: Readonly<Record<string, Json>>;
  readonly now: number;
}

const TRAFFIC_EVERY_MS = 1_000;

/** Shows a run while it goes: one live region at a terminal, plain lines elsewhere. Asks the workload for its figures once a second. */
export class RunScreen {
  readonly #output: Output;
  readonly #workload: Workload | null;
  readonly #region: LiveRegion | null;
  #look: Look | null = null;
  #traffic: WorkloadStats | null = null;
  #trafficReason = "no workload runs";
  #shown: RunView | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asking: Promise<void> = Promise.resolve();

  constructor(output: Output, workload: Workload | null) {
    this.#output = output;
    this.#workload = workload;
    this.#region = output.live ? new LiveRegion(output.words) : null;
    if (workload) {
      this.#trafficReason = "not asked yet";
      this.#timer = setInterval(() => this.#ask(), TRAFFIC_EVERY_MS);
      this.#ask();
    }
  }

  /** The last figures of the workload; null where it has given none. */
  get traffic(): WorkloadStats | null {
    return this.#traffic;
  }

  show(look: Look): void {
    this.#look = look;
    if (this.#region) this.#region.update(() => renderRun(this.#view(look), this.#options()));
    else this.#plain();
  }

  /** Draws once more with the last figures and ends the region. */
  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#asking;
    this.#region?.close();
  }

  #plain(): void {
    if (!this.#look) return;
    const next = this.#view(this.#look);
    this.#output.lines(...plainChanges(this.#shown, next, this.#options()));
    this.#shown = next;
  }

  #options(): { width: number; color: boolean } {
    return { width: this.#output.width, color: this.#output.color };
  }

  #view(look: Look): RunView {
    const { index, state, progress, now } = look;
    return {
      index,
      state,
      progress,
      summary: summarize(index, state, now),
      traffic: this.#traffic,
      trafficReason: this.#trafficReason,
    };
  }

  #ask(): void {
    const workload = this.#workload;
    if (!workload) return;
    this.#asking = workload.stats().then((stats) => {
      if (stats.ok) this.#traffic = stats.value;
      else {
        this.#traffic = null;
        this.#trafficReason = stats.problems[0]?.message ?? "the workload does not answer";
      }
      if (this.#look && this.#region) this.show(this.#look);
    });
  }
}
