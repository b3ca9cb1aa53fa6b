import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { BareOrder } from "./bare-worker.ts";

const WORKER = fileURLToPath(new URL("bare-worker.ts", import.meta.url));
/** Processes and rows a batch that are tried; the best counts. */
const TRIED = [2, 3, 4].map((processes) => ({ processes, batchRows: 500 }));

/** Rows a second of the same statements and the same encryption with nothing around them, and the way that was best. */
export interface BareLimit {
  readonly rowsPerSecond: number;
  readonly processes: number;
  readonly batchRows: number;
}

/** Measures it over these tenants, whose databases are expanded and hold no ciphertext. */
export async function bareLimit(order: Omit<BareOrder, "batchRows">): Promise<BareLimit> {
  let best: BareLimit = { rowsPerSecond: 0, processes: 0, batchRows: 0 };
  for (const way of TRIED) {
    for (const { url } of order.tenants) await sql(url, "truncate prompt_ciphertexts");
    const rowsPerSecond = await measure(order, way);
    if (rowsPerSecond > best.rowsPerSecond) best = { rowsPerSecond, ...way };
  }
  return best;
}

async function measure(
  order: Omit<BareOrder, "batchRows">,
  { processes, batchRows }: { processes: number; batchRows: number },
): Promise<number> {
  const workers = Array.from({ length: processes }, (_, n) => {
    const child = spawn(process.execPath, [WORKER], {
      stdio: ["pipe", "pipe", "inherit"],
    }) as unknown as ChildProcessWithoutNullStreams;
    const tenants = order.tenants.filter((_tenant, position) => position % processes === n);
    child.stdin.write(`${JSON.stringify({ ...order, tenants, batchRows } satisfies BareOrder)}\n`);
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  for (const { lines } of workers)
    if ((await lines.next()).value !== "ready") throw new Error("a worker of the bare limit failed");
  const started = performance.now();
  for (const { child } of workers) child.stdin.write("go\n");
  const rows = await Promise.all(workers.map(async ({ lines }) => Number((await lines.next()).value)));
  return rows.reduce((sum, n) => sum + n, 0) / ((performance.now() - started) / 1000);
}

/** One statement on a connection of its own. */
export async function sql(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, options: "-c search_path=public" });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
