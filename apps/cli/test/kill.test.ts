import { loadRun } from "@baton/conductor";
import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baton, batonJson, conductorPid } from "./baton-process.ts";
import {
  each,
  eventsOf,
  journaled,
  type LivePlatform,
  livePlatform,
  must,
  openRunOf,
  perTenant,
} from "./live-platform.ts";

/** Versions of prompts that have no ciphertext of their present text. */
const IN_PLAINTEXT_ONLY = `select count(*)::int as n
  from prompt_versions v left join prompt_ciphertexts c using (prompt_id, version)
 where v.body is not null and c.revision is distinct from v.revision`;

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 120_000);

/** Ends the process that drives the run as the kernel would: no handler runs, nothing is said. */
async function killConductor(): Promise<void> {
  const pid = await conductorPid(platform.dir);
  if (pid === null) throw new Error("nobody conducts");
  await platform.processes.look();
  process.kill(pid, "SIGKILL");
}

/** How often each effect is journaled as done, where that is not once. */
function doneMoreThanOnce(events: readonly RunEvent[]): readonly (readonly [string, number])[] {
  const times = new Map<string, number>();
  for (const event of events)
    if (event.type === "effect.done") times.set(event.key, (times.get(event.key) ?? 0) + 1);
  expect(times.size).toBeGreaterThan(0);
  return [...times].filter(([, n]) => n !== 1);
}

interface Moment {
  readonly step: string;
  /** The intent is journaled, the effect begins; or the effect of one unit is done, the others' are under way. */
  readonly event: "effect.intended" | "effect.done";
}

const MOMENTS: readonly Moment[] = [
  { step: "internal.backfill", event: "effect.intended" },
  { step: "pilot.drain", event: "effect.done" },
  { step: "pilot.fence", event: "effect.intended" },
  { step: "general.sweep", event: "effect.done" },
  { step: "general.verify", event: "effect.intended" },
];

test.for(MOMENTS)(
  "kill -9 of the conductor at $step ($event): the run goes on to the hold and back",
  {
    timeout: 400_000,
  },
  async ({ step, event }) => {
    const first = baton(platform.dir, ["run", "R2", "--yes"]);
    const run = await openRunOf(platform);
    await journaled(platform, run, (e) => e.type === event && e.step === step);
    await killConductor();
    expect(await first.ended).not.toBe(0);
    const { index, state } = must(await loadRun(platform.session.journal, run));
    expect(state.status).toBe("running");
    expect(state.steps.get(step)?.startedAt).toBeGreaterThan(0);
    expect([...index.holdSteps].filter((id) => state.steps.get(id)?.startedAt)).toEqual([]);

    const second = await batonJson(platform.dir, ["run", "R2", "--yes"]);
    expect(second.stderr).toContain(`Going on with ${run}`);
    expect(second).toMatchObject({ code: 4, value: { run, ended: null, waiting: { step: "hold.bake" } } });
    const inPlaintext = await perTenant(platform, IN_PLAINTEXT_ONLY);
    expect(inPlaintext).toEqual(each(inPlaintext, 0));

    const back = await batonJson(platform.dir, ["rollback", "--yes"]);
    expect(back).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });

    const events = await eventsOf(platform, run);
    expect(doneMoreThanOnce(events.map((e) => e.event))).toEqual([]);
    const conductors = new Set(
      events.flatMap((e) => (e.event.type === "effect.intended" ? [e.stored.epoch] : [])),
    );
    expect(conductors.size).toBe(3);
    expect(await platform.workload.verify()).toMatchObject({ ok: true, value: { lost: 0, missing: [] } });
    const stats = must(await platform.workload.stats());
    expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
    expect(stats.writes.acknowledged).toBeGreaterThan(0);
    expect(await batonJson(platform.dir, ["audit", "verify"])).toMatchObject({
      code: 0,
      value: { intact: true },
    });
  },
);
