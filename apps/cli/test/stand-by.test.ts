import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baton, batonJson, conductorPid } from "./baton-process.ts";
import { eventsOf, journaled, type LivePlatform, livePlatform, openRunOf } from "./live-platform.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 300_000);

/** How often each effect is journaled as done, where that is not once. */
function doneMoreThanOnce(events: readonly RunEvent[]): readonly (readonly [string, number])[] {
  const times = new Map<string, number>();
  for (const event of events)
    if (event.type === "effect.done") times.set(event.key, (times.get(event.key) ?? 0) + 1);
  expect(times.size).toBeGreaterThan(0);
  return [...times].filter(([, n]) => n !== 1);
}

test("one drives, another stands by and says so; kill -9 of the first, and the other goes on to the hold", async () => {
  const idle = await batonJson(platform.dir, ["run", "R2", "--stand-by"]);
  expect(idle.code).toBe(1);
  expect(idle.stderr).toContain("nothing to stand by for");

  const first = baton(platform.dir, ["run", "R2", "--yes"]);
  const run = await openRunOf(platform);
  const heir = baton(platform.dir, ["run", "R2", "--stand-by", "--json"]);
  await heir.said(new RegExp(`drives ${run} since .* UTC`));
  await journaled(platform, run, (e) => e.type === "effect.done" && e.step === "pilot.drain");
  const pid = await conductorPid(platform.dir);
  if (pid === null) throw new Error("nobody conducts");
  process.kill(pid, "SIGKILL");
  expect(await first.ended).not.toBe(0);

  expect(await heir.ended).toBe(4);
  expect(heir.stderr()).toContain(`drives ${run} from here.`);
  expect(JSON.parse(heir.stdout())).toMatchObject({ run, ended: null, waiting: { step: "hold.bake" } });
  const events = await eventsOf(platform, run);
  expect(doneMoreThanOnce(events.map((e) => e.event))).toEqual([]);
  const epochs = events.flatMap((e) => (e.event.type === "effect.intended" ? [e.stored.epoch] : []));
  expect(new Set(epochs).size).toBe(2);
  expect(await platform.workload.verify()).toMatchObject({ ok: true, value: { lost: 0, missing: [] } });
}, 400_000);
