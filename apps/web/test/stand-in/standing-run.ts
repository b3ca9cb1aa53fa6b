import type { AnswerOf, Routes, RunBody } from "@baton/contracts";
import {
  explain,
  fold,
  indexPlan,
  initialState,
  type PlanIndex,
  type RunState,
  stepState,
  summarize,
  type TenantStanding,
  tenantStates,
  unitState,
} from "@baton/core";
import type { RunHistory } from "./history.ts";

const STANDINGS: readonly TenantStanding[] = ["pending", "running", "done", "parked", "undoing", "undone"];

/** A run after so many of its events, as core folds it. */
export class StandingRun {
  readonly history: RunHistory;
  readonly index: PlanIndex;
  state: RunState;
  /** Events folded so far. */
  count = 0;
  /** Of the journal's last event of this run. */
  position = 0;

  constructor(history: RunHistory) {
    this.history = history;
    this.index = indexPlan(history.plan);
    this.state = initialState(this.index, history.run);
  }

  advance(to: number): void {
    this.state = fold(this.index, this.state, this.history.events.slice(this.count, to));
    this.count = Math.min(to, this.history.events.length);
  }

  body(now: number): RunBody {
    const { state, index, history } = this;
    const opened = history.events[0]?.event;
    const by = opened?.type === "run.opened" ? opened.by : { kind: "person" as const, name: "ana", via: "" };
    return {
      ...summarize(index, state, now),
      position: this.position,
      at: Math.max(now, state.at),
      title: history.plan.title,
      openedBy: by,
      openedAt: state.openedAt ?? 0,
      waiting: state.waiting,
      ended: state.ended === null ? null : { ...state.ended, next: [...state.ended.next] },
      rollback: state.rollback,
      residue: [],
      drivenBy:
        state.status === "ended" || state.approvedBy === null
          ? null
          : { owner: "conductor on this machine", since: state.startedAt },
    } as unknown as RunBody;
  }

  steps(): AnswerOf<Routes["listRunSteps"]> {
    const items = this.index.plan.steps.map((step) => {
      const present = stepState(this.state, step.id);
      const failing = [...present.failing, ...present.spent][0];
      return {
        step: step.id,
        phase: step.phase,
        kind: step.kind,
        title: step.title,
        after: step.after,
        status: present.status,
        startedAt: present.startedAt,
        endedAt: present.endedAt,
        undoneAt: present.undoneAt,
        plannedSeconds: step.seconds,
        undoSeconds: step.undoSeconds,
        undo: step.undo,
        fanOut: step.fanOut,
        hold: this.index.holdSteps.has(step.id),
        behindHold: this.index.behindHold.has(step.id),
        approvedBy: present.approvedBy,
        skipped: present.skipped,
        units: {
          total: step.units.length,
          done: present.done,
          parked: present.parked,
          underWay: present.underWay.size,
          failing: present.failing.size,
          spent: present.spent.size,
          touched: present.touched,
          undone: present.undone,
        },
        problem: failing === undefined ? null : unitState(present, failing).problem,
      };
    });
    return { items, nextCursor: null };
  }

  tenants(now: number): AnswerOf<Routes["getRunTenants"]> {
    const { plan } = this.index;
    const standings = tenantStates(this.index, this.state);
    const fanOuts = plan.steps.filter((step) => step.fanOut);
    const places = this.lastSteps();
    return {
      run: this.history.run,
      position: this.position,
      at: Math.max(now, this.state.at),
      rings: plan.rings,
      standings: [...STANDINGS],
      steps: fanOuts.map((step) => ({ step: step.id, title: step.title })),
      tenants: {
        id: plan.tenants.map((tenant) => tenant.id),
        ring: plan.tenants.map((tenant) => plan.rings.indexOf(tenant.ring)),
        standing: plan.tenants.map((tenant) => STANDINGS.indexOf(standings.get(tenant.id) ?? "pending")),
        step: plan.tenants.map((tenant) => places.get(tenant.id) ?? -1),
      },
      problems: [...this.state.parked].map(([tenant, problem]) => ({ tenant, problem })),
    };
  }

  /** By tenant, the position among the fan-outs of the one it was touched by last. */
  lastSteps(): ReadonlyMap<string, number> {
    const places = new Map<string, number>();
    const fanOuts = this.index.plan.steps.filter((step) => step.fanOut);
    for (const [at, step] of fanOuts.entries())
      for (const [unit, { touched }] of stepState(this.state, step.id).units)
        if (touched) places.set(unit, at);
    return places;
  }

  tenant(id: string): AnswerOf<Routes["getRunTenant"]> | null {
    const tenant = this.index.plan.tenants.find((one) => one.id === id);
    if (tenant === undefined) return null;
    const standing = tenantStates(this.index, this.state).get(id) ?? "pending";
    return {
      run: this.history.run,
      tenant: id,
      ring: tenant.ring,
      standing,
      parked: this.state.parked.get(id) ?? null,
      steps: this.index.plan.steps
        .filter((step) => step.units.includes(id))
        .map((step) => {
          const unit = unitState(stepState(this.state, step.id), id);
          return {
            step: step.id,
            title: step.title,
            status: unit.status,
            direction: unit.direction,
            failures: unit.failures,
            problem: unit.problem,
            progress: null,
          };
        }),
    };
  }

  step(id: string): AnswerOf<Routes["getRunStep"]> | null {
    const planned = this.index.steps.get(id);
    const step = this.steps().items.find((one) => one.step === id);
    if (planned === undefined || step === undefined) return null;
    const present = stepState(this.state, id);
    return {
      step,
      input: planned.input,
      effect: planned.effect,
      does: planned.title,
      units: {
        items: planned.units.slice(0, 50).map((unit) => {
          const { status, direction, generation, failures, touched, before, output, problem } = unitState(
            present,
            unit,
          );
          return {
            unit,
            status,
            direction,
            generation,
            failures,
            touched,
            before,
            output,
            problem,
            progress: null,
          };
        }),
        nextCursor: null,
      },
    };
  }

  waitingFor(now: number): string {
    return explain(this.index, this.state, now).waitingFor;
  }
}
