import { expect } from "vitest";
import { type TestTenant, until } from "./fixture.ts";
import { oldWrite, places } from "./writers.ts";

/**
 * Cuts a fence off in its wait: the right is taken away, an old writer's transaction is still open, and the stage is not
 * reached. `perform` gets the signal that cuts it. The open transaction is rolled back before this resolves.
 */
export async function cutFenceInItsWait(
  tenant: TestTenant,
  perform: (signal: AbortSignal) => Promise<{ readonly ok: boolean }>,
): Promise<void> {
  const [place] = await places(tenant);
  if (place === undefined) throw new Error("the seed is missing");
  const old = await tenant.as("r1");
  await old.query("begin");
  await oldWrite(old, place, "open while the fence comes");
  const cut = new AbortController();
  const performing = perform(cut.signal);
  await until("the old role may write no more", async () => !(await mayWrite(tenant)));
  cut.abort();
  expect((await performing).ok).toBe(false);
  await old.query("rollback");
  await old.end();
}

/** Whether R1's role may change a prompt. */
export async function mayWrite({ admin, database }: TestTenant): Promise<boolean> {
  const { rows } = await admin.query("select has_table_privilege($1, 'prompt_versions', 'UPDATE') as held", [
    `${database}_r1`,
  ]);
  return rows[0]?.held === true;
}
