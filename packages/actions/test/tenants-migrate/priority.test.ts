import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runWorker } from "../../src/tenants-migrate/run-worker.ts";

/** Says how it is weighed as soon as it is weighed lower than at its start, or after a bound. */
const MODULE = `
import { readFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
export async function weight() {
  const group = async () => Number(/nice (-?\\d+)/.exec(await readFile("/proc/self/autogroup", "utf8").catch(() => "nice 1"))?.[1]);
  const end = performance.now() + 20_000;
  while ((getPriority() === 0 || (await group()) === 0) && performance.now() < end) await pause(10);
  return { own: getPriority(), group: await group() };
}`;

test("a worker gives way to the services, by its own niceness and by that of its session's group", async () => {
  const folder = await mkdtemp(join(tmpdir(), "baton-priority-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const module = join(folder, "weight.mjs");
  await writeFile(module, MODULE);
  const result = await runWorker(
    {
      module,
      function: "weight",
      connection: null,
      migration: "m",
      key: "k",
      epoch: 1,
      tenant: { id: "t", database: "t" },
      parameters: {},
      secrets: {},
      settings: {},
      options: {},
    },
    { signal: new AbortController().signal, progress: () => undefined },
  );
  if (!result.ok) throw new Error(result.problems[0]?.message);
  const { own, group } = result.value as { own: number; group: number };
  expect(own).toBeGreaterThan(0);
  expect(group).toBeGreaterThan(0);
});
