import {
  effectKey,
  fold,
  indexPlan,
  initialState,
  type Json,
  Plan,
  type Problem,
  type RunEvent,
  summarize,
} from "@baton/core";
import type { WorkloadStats } from "@baton/session";
import type { RunView } from "../view.ts";

const MINUTE_MS = 60_000;
const TENANTS = [
  { id: "aster", ring: "internal", database: "d_aster", host: "local" },
  { id: "birch", ring: "pilot", database: "d_birch", host: "local" },
  { id: "cedar", ring: "pilot", database: "d_cedar", host: "local" },
];

interface StepSketch {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly after: readonly string[];
  readonly units?: readonly string[];
  readonly undo: "instant" | "lossless" | "inert" | "none";
  readonly seconds: number;
  readonly undoSeconds: number;
  readonly input?: Record<string, Json>;
}

const step = ({ id, kind, title, after, units, undo, seconds, undoSeconds, input }: StepSketch): unknown => ({
  id,
  phase: id.split(".", 1)[0],
  kind,
  title,
  after,
  input: input ?? {},
  units: units ?? ["-"],
  fanOut: units !== undefined,
  undo,
  effect: "convergent",
  seconds,
  undoSeconds,
});

const backfill = (ring: string, units: readonly string[], after: string): readonly unknown[] => [
  step({
    id: `${ring}.expand`,
    kind: "tenants.migrate",
    title: "expand encrypt-prompts",
    after: [after],
    units,
    undo: "lossless",
    seconds: 1,
    undoSeconds: 2,
  }),
  step({
    id: `${ring}.backfill`,
    kind: "tenants.migrate",
    title: "backfill encrypt-prompts",
    after: [`${ring}.expand`],
    units,
    undo: "inert",
    seconds: 30,
    undoSeconds: 0,
  }),
];

/** A small release like D.Coder's R2: a deploy, two rings, a hold, a contract. For tests of what renders it. */
export const samplePlan: Plan = Plan.parse({
  format: 1,
  platform: "dcoder",
  environment: "local",
  release: "R2",
  from: "R1",
  title: "Encrypted prompts",
  author: "ana",
  hash: "7f3c9e1200aa4be19bd2".padEnd(64, "0"),
  rings: ["internal", "pilot"],
  tenants: TENANTS,
  services: {},
  migrations: {},
  limits: { units: 4, perHost: 4, attempts: 4, backoffSeconds: 1, failureBudget: 0 },
  onFailure: "rollback",
  onParked: "wait",
  phases: [
    { id: "prepare", title: "Prepare", ring: null, hold: false, steps: ["prepare.deploy"] },
    {
      id: "internal",
      title: "internal",
      ring: "internal",
      hold: false,
      steps: ["internal.expand", "internal.backfill"],
    },
    { id: "pilot", title: "pilot", ring: "pilot", hold: false, steps: ["pilot.expand", "pilot.backfill"] },
    {
      id: "hold",
      title: "Hold before contract",
      ring: null,
      hold: true,
      steps: ["hold.bake", "hold.approval"],
    },
    { id: "contract", title: "Contract", ring: null, hold: false, steps: ["contract.plaintext"] },
  ],
  steps: [
    step({
      id: "prepare.deploy",
      kind: "service.deploy",
      title: "start platform-api 2.0.0",
      after: [],
      undo: "instant",
      seconds: 4,
      undoSeconds: 1,
    }),
    ...backfill("internal", ["aster"], "prepare.deploy"),
    ...backfill("pilot", ["birch", "cedar"], "internal.backfill"),
    step({
      id: "hold.bake",
      kind: "gate.bake",
      title: "bake 600 s",
      after: ["pilot.backfill"],
      undo: "inert",
      seconds: 600,
      undoSeconds: 0,
      input: { seconds: 600 },
    }),
    step({
      id: "hold.approval",
      kind: "gate.approval",
      title: "approval by approver",
      after: ["hold.bake"],
      undo: "inert",
      seconds: 0,
      undoSeconds: 0,
      input: { role: "approver" },
    }),
    step({
      id: "contract.plaintext",
      kind: "tenants.migrate",
      title: "contract encrypt-prompts",
      after: ["hold.approval"],
      units: ["aster", "birch", "cedar"],
      undo: "none",
      seconds: 2,
      undoSeconds: 0,
    }),
  ],
  assumptions: [],
  estimates: {
    totalSeconds: 668,
    criticalPath: [
      "prepare.deploy",
      "internal.expand",
      "internal.backfill",
      "pilot.expand",
      "pilot.backfill",
    ],
    worstRollbackSeconds: 5,
    pointOfNoReturn: "contract.plaintext",
  },
});

/** What users at work might say in the middle of a run. */
export const sampleTraffic: WorkloadStats = {
  running: true,
  requests: { total: 18_442, failed: 0 },
  writes: { acknowledged: 6310 },
  windows: {
    before: { requests: 1200, failed: 0, p50: 3.1, p99: 10.2, seconds: 20 },
    during: { requests: 17_242, failed: 0, p50: 3.4, p99: 12.4, seconds: 290 },
  },
  recentFailures: [],
};

const ANA = { kind: "person", name: "ana", via: "cli" } as const;
const RUN = "r-1";
const START = Date.UTC(2026, 10, 21, 8, 0, 0);

const shapeOf = ({ code, message, remedy }: Problem) => ({ code, message, remedy });

/** A run of the sample plan that is told event by event; every event is a second after the one before. */
export class SampleRun {
  readonly index = indexPlan(samplePlan);
  #state = initialState(this.index, RUN);
  #now = START;

  /** Opened, approved and started. */
  static started(): SampleRun {
    const { platform, environment, release, from, hash: planHash } = samplePlan;
    const run = new SampleRun();
    run.tell({ type: "run.opened", run: RUN, platform, environment, release, from, planHash, by: ANA });
    run.tell({ type: "run.approved", planHash, by: ANA });
    run.tell({ type: "run.started" });
    return run;
  }

  tell(...events: readonly RunEvent[]): this {
    for (const event of events) {
      this.#now += 1000;
      this.#state = fold(this.index, this.#state, [{ at: this.#now, event }]);
    }
    return this;
  }

  begin(step: string): this {
    return this.tell({ type: "step.started", step });
  }

  intend(step: string, unit = "-"): this {
    const key = effectKey(RUN, step, unit, "do", 0);
    return this.tell({ type: "effect.intended", key, step, unit, direction: "do", before: null });
  }

  done(step: string, unit = "-", output: Json = null): this {
    return this.tell({ type: "effect.done", key: effectKey(RUN, step, unit, "do", 0), step, unit, output });
  }

  fail(step: string, unit: string, problem: Problem, final = false): this {
    const key = effectKey(RUN, step, unit, "do", 0);
    return this.tell({
      type: "effect.failed",
      key,
      step,
      unit,
      attempt: 1,
      problem: shapeOf(problem),
      final,
    });
  }

  /** Its last try fails, and the run goes on without it. */
  park(step: string, unit: string, problem: Problem): this {
    this.fail(step, unit, problem, true);
    return this.tell({ type: "unit.parked", step, unit, problem: shapeOf(problem) });
  }

  end(step: string): this {
    return this.tell({ type: "step.ended", step, outcome: "succeeded", units: null });
  }

  /** A whole step, all its units with the same output. */
  pass(step: string, output: Json = null): this {
    this.begin(step);
    for (const unit of this.index.steps.get(step)?.units ?? [])
      this.intend(step, unit).done(step, unit, output);
    return this.end(step);
  }

  /** The present look at it, some minutes after the last event where asked. */
  view(more: Partial<RunView> & { readonly minutesLater?: number } = {}): RunView {
    const { minutesLater = 0, ...rest } = more;
    const summary = summarize(this.index, this.#state, this.now + minutesLater * MINUTE_MS);
    return { index: this.index, state: this.#state, summary, progress: {}, traffic: sampleTraffic, ...rest };
  }

  get now(): number {
    return this.#now;
  }
}
