import {
  type Actor,
  apply,
  decide,
  doneRefusal,
  explain,
  fold,
  fromSnapshot,
  indexPlan,
  initialState,
  isBeyondScope,
  type Plan,
  type PlanIndex,
  type Recorded,
  type RunEvent,
  type RunState,
  skipRefusal,
  tenantRollbackRefusal,
  toSnapshot,
} from "@baton/core";
import { simulatedClock } from "./clock.ts";
import { faultPlan } from "./faults.ts";
import { randomFrom } from "./random.ts";
import type { Script, Verb } from "./script.ts";
import { SimulatedShell } from "./shell.ts";
import { BY_HAND, type ModelWorld, modelWorld } from "./world.ts";

/** What a simulated run came to. */
export interface Simulation {
  readonly index: PlanIndex;
  /** `ended`; `waiting` for somebody who does not come; `exhausted` when it was still moving at the bound. */
  readonly outcome: "ended" | "waiting" | "exhausted";
  readonly state: RunState;
  readonly events: readonly Recorded[];
  readonly world: ModelWorld;
  /** When a parked tenant came back, by the number of events journaled. */
  readonly returns: readonly { readonly tenant: string; readonly position: number }[];
  /** Laws that were broken on the way, in words. Always empty. */
  readonly broken: readonly string[];
}

export interface SimulateOptions {
  /** Rounds after which a run that still moves is given up. */
  readonly bound?: number;
  /** Called with the state after every round. */
  readonly look?: (state: RunState, now: number) => void;
}

const RUN = "run-1";
const somebody: Actor = { kind: "person", name: "ada", via: "simulator" };

/** Runs a plan in a model world, as a conductor would, with what the script brings about. Deterministic and bounded. */
export function simulate(plan: Plan, script: Script, options: SimulateOptions = {}): Simulation {
  const simulator = new Simulator(plan, script);
  const bound = options.bound ?? 5_000;
  for (let round = 0; round < bound; round++) {
    const outcome = simulator.round();
    options.look?.(simulator.state, simulator.clock.now());
    if (outcome !== null) return simulator.result(outcome);
  }
  return simulator.result("exhausted");
}

class Simulator {
  readonly clock = simulatedClock();
  readonly index: PlanIndex;
  readonly #script: Script;
  readonly #world = modelWorld();
  readonly #events: Recorded[] = [];
  readonly #broken: string[] = [];
  readonly #random: (below: number) => number;
  readonly #shell: SimulatedShell;
  readonly #crashes: number[];
  readonly #rollbacks: number[];
  readonly #verbs: Script["verbs"][number][];
  readonly #returns: Simulation["returns"][number][] = [];
  state: RunState;

  constructor(plan: Plan, script: Script) {
    this.index = indexPlan(plan);
    this.#script = script;
    this.#random = randomFrom(script.seed);
    this.#crashes = [...script.crashesAt].sort((a, b) => a - b);
    this.#rollbacks = [...script.rollbacksAt].sort((a, b) => a - b);
    this.#verbs = [...script.verbs].sort((a, b) => a.at - b.at);
    this.state = initialState(this.index, RUN);
    this.#shell = new SimulatedShell({
      index: this.index,
      world: this.#world,
      faults: faultPlan(script.faults),
      random: this.#random,
      now: () => this.clock.now(),
      state: () => this.state,
      position: () => this.#events.length,
      append: (events) => this.#append(events),
    });
    const { hash: planHash, platform, environment, release, from } = plan;
    this.#append([
      { type: "run.opened", run: RUN, platform, environment, release, from, planHash, by: somebody },
    ]);
    if (script.approve) this.#append([{ type: "run.approved", planHash, by: somebody }]);
  }

  /** One turn of the crank: decide, act, else let time pass. The outcome when nothing moves any more. */
  round(): Simulation["outcome"] | null {
    const now = this.clock.now();
    if (explain(this.index, this.state, now).waitingFor === "") this.#broke("explain has nothing to say");
    const commands = decide(this.index, this.state, now);
    this.#checkDecision(commands);
    // People do not wait for the conductor: they speak up between its decision and its act.
    let recorded = this.#due(this.#rollbacks);
    if (recorded) this.#askForRollback();
    if (this.#events.length >= (this.#verbs[0]?.at ?? Number.POSITIVE_INFINITY)) {
      this.#say();
      recorded = true;
    }
    let wakeAt: number | null = null;
    for (const command of commands) {
      if (command.kind === "record") {
        this.#append(command.events);
        recorded = true;
      } else if (command.kind === "perform") this.#shell.perform(command);
      else if (command.kind === "cancel") {
        this.#shell.cancel(command);
        recorded = true;
      } else wakeAt = command.at;
    }
    this.#shell.drop();
    this.#checkLimits();
    if (this.#due(this.#crashes)) {
      this.#crash();
      return null;
    }
    return recorded ? null : this.#letTimePass(wakeAt);
  }

  result(outcome: Simulation["outcome"]): Simulation {
    this.#checkReplay();
    const { index, state } = this;
    const [events, world, broken, returns] = [this.#events, this.#world, this.#broken, this.#returns];
    return { index, outcome, state, events, world, broken, returns };
  }

  #letTimePass(wakeAt: number | null): Simulation["outcome"] | null {
    const times = [this.#shell.nextDue(), wakeAt].filter((time) => time !== null);
    if (times.length > 0) {
      this.clock.moveTo(Math.min(...times));
      if (this.#shell.step()) this.#crash();
      return null;
    }
    if (this.#script.approveGates && this.#approveGate()) return null;
    if (this.#verbs.length > 0) {
      this.#say();
      return null;
    }
    if (this.#rollbacks.length > 0) {
      this.#rollbacks.shift();
      this.#askForRollback();
      return null;
    }
    return this.state.status === "ended" ? "ended" : "waiting";
  }

  #approveGate(): boolean {
    if (this.state.status !== "running") return false;
    for (const id of this.state.active) {
      const step = this.state.steps.get(id);
      if (this.index.steps.get(id)?.kind !== "gate.approval" || step?.status !== "running") continue;
      if (step.approvedBy !== null) continue;
      this.#append([{ type: "hold.approved", step: id, by: somebody }]);
      return true;
    }
    return false;
  }

  #askForRollback(): void {
    this.#append([{ type: "run.rollback-requested", by: somebody, reason: "asked for" }]);
  }

  #say(): void {
    const verb = this.#verbs.shift()?.verb;
    if (verb === undefined) return;
    const { parked, failed } = this.state;
    const pick = (names: readonly string[]) => names[this.#random(names.length)] ?? null;
    const [step, tenant] = [() => pick(failed.toArray()), () => pick(parked.keySeq().toArray())];
    if (verb === "scope") this.#append([{ type: "run.scope-set", ...this.#extent(), by: somebody }]);
    else if (verb === "tenant-back") this.#append(this.#takeTenantBack());
    else this.#append(verb === "skip" || verb === "done" ? this.#settle(verb) : [wordOf(verb, step, tenant)]);
  }

  /** The whole way, a ring, or a tenant. */
  #extent(): { readonly ring: string | null; readonly tenant: string | null } {
    const { rings, tenants } = this.index.plan;
    const drawn = this.#random(3);
    const tenant = drawn === 2 ? (tenants[this.#random(tenants.length)]?.id ?? null) : null;
    return { ring: drawn === 1 ? (rings[this.#random(rings.length)] ?? null) : null, tenant };
  }

  /** Takes the first tenant back, from a random one on, with which that is allowed. */
  #takeTenantBack(): readonly RunEvent[] {
    const names = this.index.plan.tenants.map(({ id }) => id);
    const from = this.#random(names.length);
    const tenant = [...names.slice(from), ...names.slice(0, from)].find(
      (name) => tenantRollbackRefusal(this.index, this.state, name) === null,
    );
    if (tenant === undefined) return [];
    return [{ type: "tenant.rollback-requested", tenant, by: somebody, reason: "asked for" }];
  }

  /** Skips or declares done the first share, from a random one on, with which that is allowed. */
  #settle(verb: "skip" | "done"): readonly RunEvent[] {
    const shares = this.index.plan.steps.flatMap(({ id, fanOut, units }) => [
      ...(fanOut ? units.map((tenant) => ({ step: id, tenant })) : []),
      ...(fanOut && verb === "done" ? [] : [{ step: id, tenant: null }]),
    ]);
    const from = this.#random(shares.length);
    const refuses = verb === "skip" ? skipRefusal : doneRefusal;
    const share = [...shares.slice(from), ...shares.slice(0, from)].find(
      (one) => refuses(this.index, this.state, one) === null,
    );
    if (share === undefined) return [];
    const [by, { step, tenant }] = [somebody, share];
    if (verb === "skip") return [{ type: "step.skip-requested", step, tenant, by, reason: "asked" }];
    const unit = tenant ?? "-";
    const [key, position] = [BY_HAND, this.#events.length];
    this.#world.leave({ key, step, unit, direction: "do", left: "present", position });
    return [{ type: "step.done-declared", step, tenant, by, evidence: "seen", observed: "" }];
  }

  #due(positions: number[]): boolean {
    const [first] = positions;
    if (first === undefined || this.#events.length < first) return false;
    positions.shift();
    return true;
  }

  #crash(): void {
    this.#shell.crash();
    this.#checkReplay();
    this.state = fold(this.index, initialState(this.index, RUN), this.#events);
  }

  #append(events: readonly RunEvent[]): void {
    for (const event of events) {
      this.clock.moveTo(this.clock.now() + this.#random(3));
      const recorded = { at: this.clock.now(), event };
      this.#checkEvent(event);
      const { parked } = this.state;
      this.#events.push(recorded);
      this.state = apply(this.index, this.state, recorded);
      for (const tenant of parked.keys())
        if (!this.state.parked.has(tenant)) this.#returns.push({ tenant, position: this.#events.length - 1 });
      if (this.state.anomalies.count > 0)
        this.#broke(`${event.type} did not fit: ${this.state.anomalies.last?.reason}`);
    }
  }

  /** Between a pause and its end, and after a stop, nothing new begins. */
  #checkEvent(event: RunEvent): void {
    const { paused, stop } = this.state;
    if (event.type !== "effect.intended") return;
    if (paused !== null) this.#broke(`${event.key} began while the run was paused`);
    if (stop !== null) this.#broke(`${event.key} began after the run was stopped`);
  }

  #broke(what: string): void {
    this.#broken.push(`after ${this.#events.length} events: ${what}`);
  }

  #checkDecision(commands: ReturnType<typeof decide>): void {
    const again = decide(this.index, this.state, this.clock.now());
    if (JSON.stringify(again) !== JSON.stringify(commands)) this.#broke("decide is not deterministic");
    this.#checkRestraint(commands);
    if (commands.some((command) => command.kind === "record")) return;
    const asked = new Set(commands.flatMap((command) => ("key" in command ? command.key : [])));
    for (const key of this.#shell.atWork()) if (!asked.has(key)) this.#broke(`${key} is no longer asked for`);
  }

  #checkRestraint(commands: ReturnType<typeof decide>): void {
    for (const command of commands)
      for (const event of command.kind === "record" ? command.events : [])
        if (event.type === "step.started" && isBeyondScope(this.index, this.state, event.step))
          this.#broke(`${event.step} starts beyond the scope`);
    const { paused, stop, status } = this.state;
    if (paused === null && stop === null) return;
    for (const command of commands) {
      if (command.kind === "perform" && (!command.intended || stop?.emergency))
        this.#broke(`${command.key} is asked for while the run is paused or stopped`);
      const events = command.kind === "record" ? command.events : [];
      for (const { type } of events)
        if (
          type === "step.started" ||
          (type === "run.rolling-back" && status === "running" && !this.state.rollback)
        )
          this.#broke(`${type} while the run is paused or stopped`);
    }
  }

  #checkLimits(): void {
    const { limits, tenants } = this.index.plan;
    const units = this.#shell.inHand().map((command) => command.unit);
    if (units.length > limits.units) this.#broke(`${units.length} effects at work, ${limits.units} allowed`);
    for (const host of new Set(tenants.map((tenant) => tenant.host))) {
      const here = new Set(tenants.filter((tenant) => tenant.host === host).map((tenant) => tenant.id));
      const count = units.filter((unit) => here.has(unit)).length;
      if (count > limits.perHost) this.#broke(`${count} effects on ${host}, ${limits.perHost} allowed`);
    }
  }

  /** The journal folded from its start, and from a snapshot half-way, gives the state the conductor has. */
  #checkReplay(): void {
    const known = JSON.stringify(toSnapshot(this.state));
    const start = initialState(this.index, RUN);
    if (JSON.stringify(toSnapshot(fold(this.index, start, this.#events))) !== known)
      this.#broke("replaying the journal gives another state");
    const half = this.#random(this.#events.length + 1);
    const early = JSON.stringify(toSnapshot(fold(this.index, start, this.#events.slice(0, half))));
    const back = fromSnapshot(JSON.parse(early));
    if (!back.ok) this.#broke("a snapshot cannot be read back");
    else if (JSON.stringify(toSnapshot(fold(this.index, back.value, this.#events.slice(half)))) !== known)
      this.#broke("replaying from a snapshot gives another state");
  }
}

/** What a person says, as the control stream holds it. */
function wordOf(
  verb: Exclude<Verb, "skip" | "done" | "tenant-back" | "scope">,
  failedStep: () => string | null,
  parkedTenant: () => string | null,
): RunEvent {
  const [by, reason] = [somebody, "asked for"];
  switch (verb) {
    case "pause":
      return { type: "run.paused", by, reason };
    case "resume":
      return { type: "run.resumed", by };
    case "abort":
      return { type: "run.abort-requested", by, reason };
    case "emergency-stop":
      return { type: "run.emergency-stop-requested", by, reason };
    case "retry":
      return { type: "run.retry-requested", step: null, tenant: null, by };
    case "retry-step":
      return { type: "run.retry-requested", step: failedStep(), tenant: null, by };
    case "retry-tenant":
      return { type: "run.retry-requested", step: null, tenant: parkedTenant(), by };
  }
}
