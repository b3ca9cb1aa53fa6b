import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import type { Json } from "@baton/core";
import { ProblemError } from "@baton/core/problem";
import { connectTenant } from "./tenant-database.ts";
import { workerContext } from "./worker-context.ts";
import { type WorkerLine, WorkerOrder } from "./worker-protocol.ts";

/**
 * The process that runs functions of a migration's folder, one order after the other. It reads orders from its input, writes
 * progress and one result or problem each to its output. It imports little, since it may start for one tenant and stage only.
 * When its input closes while it is at work, its parent is gone, and it goes too.
 */
async function main(): Promise<void> {
  // The output belongs to the protocol: what the folder's code prints goes where logs go.
  console.log = console.error;
  console.info = console.error;
  const input = createInterface({ input: process.stdin });
  let atWork = false;
  let queue = Promise.resolve();
  input.on("line", (line) => {
    queue = queue.then(async () => {
      atWork = true;
      await obey(line);
      atWork = false;
    });
  });
  input.once("close", () => process.exit(atWork ? ORPHANED : 0));
}

async function obey(line: string): Promise<void> {
  try {
    await write({ type: "result", value: plain(await run(WorkerOrder.parse(JSON.parse(line)))) });
  } catch (error) {
    await write(problemLine(error));
  }
}

const ORPHANED = 70;
const LIMITS = { statementMs: 120_000, lockMs: 60_000, idleMs: 60_000 };

async function run(order: WorkerOrder): Promise<Json> {
  const module: Record<string, unknown> = await import(pathToFileURL(order.module).href);
  const work = module[order.function];
  if (typeof work !== "function")
    throw Object.assign(new Error(`${order.module} exports no function ${order.function}`), {
      code: "BATON-MIGRATION-FUNCTION",
    });
  const { connection, ...known } = order;
  if (connection === null) return (await work(known)) ?? null;
  const client = await connectTenant(connection, LIMITS);
  try {
    const context = workerContext(order, client, (figures) => {
      void write({ type: "progress", figures: { ...figures } });
    });
    return (await work(context)) ?? null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function problemLine(error: unknown): WorkerLine {
  const first = error instanceof ProblemError ? error.problems[0] : undefined;
  if (first !== undefined)
    return { type: "problem", code: first.code, message: first.message, details: plain(first.details) };
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  const details = error instanceof Error && "details" in error ? plain(error.details) : null;
  return { type: "problem", code, message: error instanceof Error ? error.message : String(error), details };
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null));

const write = (line: WorkerLine): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
  });

await main();
