import type { Plan, RunEvent } from "@baton/core";
import { manyTenants, planOfR2, play, type RunHistory, twelve } from "./history.ts";
import { Scenario, type ScenarioOptions } from "./scenario.ts";

const HOUR = 3_600_000;
const people = { opens: "Ana Reyes", approves: "Maya Lind" };

/** An earlier run that was taken back, and a later one that is under way. */
async function twoRuns(now: number) {
  const plan = await planOfR2(twelve);
  const earlier = play(plan, {
    run: "r2-20261126-1",
    from: now - 22 * HOUR,
    script: { seed: 3, rollbacksAt: [140], approveGates: false },
    names: people,
  });
  const current = play(plan, {
    run: "r2-20261127-2",
    from: now,
    script: {
      seed: 7,
      faults: [
        { step: "pilot.backfill", unit: "t-cobalt", direction: "do", kind: "before-effect", times: 1 },
      ],
    },
    names: people,
  });
  return { earlier, current };
}

/** The run at work in its second ring. */
export async function underWay(more: Partial<ScenarioOptions> = {}): Promise<Scenario> {
  const { earlier, current } = await twoRuns(Date.now() - 60_000);
  const at = current.events.findIndex(
    ({ event }) => event.type === "step.started" && event.step === "general.backfill",
  );
  const scenario = await Scenario.make({ past: [earlier], current, happened: at + 14, ...more });
  scenario.progress = {
    [`${current.run}/general.backfill/t-hale/do/0`]: { rows: 1_204, total: 1_911 },
  };
  return scenario;
}

/** Opened, and waiting for its approval. */
export async function unapproved(): Promise<Scenario> {
  const { earlier, current } = await twoRuns(Date.now() - 720_000);
  return Scenario.make({ past: [earlier], current, happened: 1 });
}

/** At the hold, waiting for a person. */
export async function atHold(): Promise<Scenario> {
  const { earlier, current } = await twoRuns(Date.now() - 720_000);
  const at = current.events.findIndex(
    ({ event }) => event.type === "run.waiting" && event.step === "hold.approval",
  );
  return Scenario.make({ past: [earlier], current, happened: at + 1 });
}

/** Over and done. */
export async function succeeded(): Promise<Scenario> {
  const { earlier, current } = await twoRuns(Date.now() - 2 * HOUR);
  return Scenario.make({ past: [earlier], current, happened: current.events.length });
}

/** On its way back. */
export async function rollingBack(): Promise<Scenario> {
  const plan = await planOfR2(twelve);
  const current = play(plan, {
    run: "r2-20261127-2",
    from: Date.now() - 60_000,
    script: { seed: 5, rollbacksAt: [230], approveGates: false },
    names: people,
  });
  const at = current.events.findIndex(({ event }) => event.type === "run.rolling-back");
  return Scenario.make({ past: [], current, happened: at + 30 });
}

/** Script in every text that people write. */
export async function hostileTexts(): Promise<Scenario> {
  const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const plan = await planOfR2(twelve, { title: evil });
  const current = play(plan, {
    run: "r2-20261127-2",
    from: Date.now() - 60_000,
    names: { opens: evil, approves: evil },
  });
  const paused = {
    at: current.events[120]?.at ?? 0,
    event: {
      type: "run.paused" as const,
      by: { kind: "person" as const, name: evil, via: evil },
      reason: evil,
    },
  };
  const events = [...current.events.slice(0, 120), paused];
  return Scenario.make({ past: [], current: { ...current, events }, happened: events.length, me: evil });
}

/** Ten thousand tenants, the first rings done and the last one in its second step; the grid is what is looked at. */
export async function tenThousand(): Promise<Scenario> {
  const plan = await planOfR2(manyTenants(10_000), {
    // As many at a time as keep a fleet of this size inside the release's budgets.
    limits: { units: 400, perHost: 20, attempts: 4, backoffSeconds: 1, failureBudget: 0 },
  });
  const current = fleetHistory(plan, "general.dual-write");
  return Scenario.make({ past: [], current, happened: -10_000 });
}

/** Every step of a fleet up to one, effect by effect, without the simulator's checks, which look at everything after every event. */
function fleetHistory(plan: Plan, last: string): RunHistory {
  const run = "r2-20261127-2";
  const by = { kind: "person" as const, name: "Ana Reyes", via: "https://login.example" };
  const { hash: planHash, platform, environment, release } = plan;
  const events: RunEvent[] = [
    { type: "run.opened", run, platform, environment, release, from: plan.from, planHash, by },
    { type: "run.approved", planHash, by: { ...by, name: "Maya Lind" } },
    { type: "run.started" },
  ];
  const end = plan.steps.findIndex(({ id }) => id === last);
  for (const { id: step, units, kind } of plan.steps.slice(0, end + 1)) {
    events.push({ type: "step.started", step });
    for (const unit of kind === "gate.bake" ? [] : units) {
      const effect = { key: `${run}/${step}/${unit}/do/0`, step, unit };
      events.push({ type: "effect.intended", ...effect, direction: "do", before: null });
      events.push({ type: "effect.done", ...effect, output: null });
    }
    events.push({ type: "step.ended", step, outcome: "succeeded", units: null });
  }
  const from = Date.now() - 60_000;
  return { run, plan, events: events.map((event, at) => ({ at: from + at, event })) };
}
