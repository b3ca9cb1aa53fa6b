import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json, Result } from "@baton/core";
import { expect, onTestFinished, test } from "vitest";
import type { WorkerOrder } from "./worker-protocol.ts";
import { createWorkers, type WorkerOptions, type WorkersOptions } from "./workers.ts";

/** A module with this text, and a way to run its functions by one set of workers. */
async function moduleOf(text: string, options: WorkersOptions = { niceness: 0 }) {
  const folder = await mkdtemp(join(tmpdir(), "baton-worker-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const module = join(folder, "module.mjs");
  await writeFile(module, text);
  const workers = createWorkers(options);
  return (
    called: string,
    order: Partial<WorkerOrder> = {},
    options: Partial<WorkerOptions> = {},
  ): Promise<Result<Json>> =>
    workers.run(
      {
        module,
        function: called,
        connection: null,
        migration: "m",
        key: "k",
        epoch: 1,
        tenant: { id: "t1", database: "d" },
        parameters: {},
        secrets: {},
        settings: {},
        options: {},
        ...order,
      },
      { digest: "d", signal: new AbortController().signal, progress: () => undefined, ...options },
    );
}

const answerOf = (result: Result<Json>): Json => {
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return result.value;
};

const PIDS = "export const one = () => process.pid; export const other = () => process.pid;";

test("tenants of one function share a worker one after the other; another function, and files that changed, never do", async () => {
  const run = await moduleOf(PIDS);
  const first = answerOf(await run("one"));
  expect(first).not.toBe(process.pid);
  expect(answerOf(await run("one", { tenant: { id: "t2", database: "e" } }))).toBe(first);
  expect(answerOf(await run("other"))).not.toBe(first);
  expect(answerOf(await run("one", {}, { digest: "changed" }))).not.toBe(first);
  const [left, right] = await Promise.all([run("one"), run("one")]);
  expect(answerOf(left)).not.toBe(answerOf(right));
});

test("after a failure the next order gets a process that remembers nothing of it", async () => {
  const run = await moduleOf(`let failures = 0;
    export function work() { if (failures++ === 0) throw new Error("first"); return failures; }`);
  expect(await run("work")).toMatchObject({ ok: false });
  expect(await run("work")).toMatchObject({ ok: false });
});

test("called off, the worker is killed and never used again", async () => {
  const run = await moduleOf(
    `export const work = ({ options }) => options.hang ? new Promise(() => setInterval(() => undefined, 1e6)) : process.pid;`,
  );
  const before = answerOf(await run("work"));
  const calledOff = new AbortController();
  const hanging = run("work", { options: { hang: true } }, { signal: calledOff.signal });
  calledOff.abort();
  expect(await hanging).toMatchObject({ ok: false });
  expect(answerOf(await run("work"))).not.toBe(before);
});

test("a worker that dies is a problem that says how, without secrets; the next order gets another", async () => {
  const run = await moduleOf(`export function work({ secrets, options }) {
    if (options.die) { console.error("before the end: " + secrets.vault); process.exit(7); }
    return "alive";
  }`);
  const died = await run("work", { options: { die: true }, secrets: { vault: "canary-of-the-vault" } });
  expect(died).toMatchObject({
    ok: false,
    problems: [{ code: "BATON-MIGRATE-WORKER", details: { exit: "exit code 7" } }],
  });
  expect(JSON.stringify(died)).toContain("before the end");
  expect(JSON.stringify(died)).not.toContain("canary");
  expect(answerOf(await run("work"))).toBe("alive");
});

test("what a migration's code throws loses its secrets, in the message and in the details", async () => {
  const run = await moduleOf(`export function work({ secrets }) {
    const inside = Buffer.from("user:" + secrets.vault).toString("base64");
    throw Object.assign(new Error("refused " + secrets.vault), { code: "x", details: { deep: [secrets.vault, inside] } });
  }`);
  const failed = await run("work", { secrets: { vault: "canary-of-the-vault" } });
  expect(failed).toMatchObject({
    ok: false,
    problems: [{ code: "BATON-MIGRATE-WORKER", message: "Tenant t1, work of m: refused [secret] (x)" }],
  });
  expect(JSON.stringify(failed)).not.toMatch(/canary|Y2FuYXJ5|NhbmFye|jYW5hcn/);
});

test("a worker gives way to the services, by its own niceness and by that of its session's group", async () => {
  const text = `import { readFile } from "node:fs/promises";
    import { getPriority } from "node:os";
    import { setTimeout as pause } from "node:timers/promises";
    export async function weight() {
      const group = async () => Number(/nice (-?\\d+)/.exec(await readFile("/proc/self/autogroup", "utf8").catch(() => "nice 1"))?.[1]);
      const end = performance.now() + 20_000;
      while ((getPriority() === 0 || (await group()) === 0) && performance.now() < end) await pause(10);
      return { own: getPriority(), group: await group() };
    }`;
  const run = await moduleOf(text, {});
  const { own, group } = answerOf(await run("weight")) as { own: number; group: number };
  expect(own).toBeGreaterThan(0);
  expect(group).toBeGreaterThan(0);
});
