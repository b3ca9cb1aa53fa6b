// One process of the bare limit: the migration's own statements and encryption over some tenants, and nothing else.
import { createInterface } from "node:readline";
import pg from "pg";
import {
  placeOf,
  type SealedRow,
  START,
  staleRows,
  writeSealed,
} from "../../platform/releases/R2/migrations/encrypt-prompts/rows.ts";
import type { Dek } from "../../platform/shared/vault/types.ts";
import { createVault } from "../../platform/shared/vault/vault.ts";

/** What the parent sends in the first line; the second line says go. */
export interface BareOrder {
  readonly tenants: readonly { readonly id: string; readonly url: string }[];
  readonly batchRows: number;
  readonly transitUrl: string;
  readonly token: string;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const order = JSON.parse((await lines.next()).value ?? "") as BareOrder;
const vault = createVault({ transitUrl: order.transitUrl, token: order.token });
const clients = new Map<string, pg.Client>();
for (const { id, url } of order.tenants) {
  const client = new pg.Client({ connectionString: url, options: "-c search_path=public" });
  await client.connect();
  clients.set(id, client);
}
process.stdout.write("ready\n");
await lines.next();
let rows = 0;
for (const [tenant, db] of clients) rows += await encryptAll(tenant, db);
for (const client of clients.values()) await client.end();
process.stdout.write(`${rows}\n`);
process.exit(0);

async function encryptAll(tenant: string, db: pg.Client): Promise<number> {
  const deks = new Map<string, Dek>();
  let written = 0;
  let at = START;
  for (;;) {
    const stale = await staleRows(db, at, order.batchRows);
    const last = stale.at(-1);
    if (last === undefined) return written;
    const sealed: SealedRow[] = [];
    for (const row of stale) {
      const dek = deks.get(row.bundle) ?? (await vault.dekForBundle(db, tenant, row.bundle));
      deks.set(row.bundle, dek);
      sealed.push({ row, sealed: vault.seal(dek, placeOf(tenant, row), row.body) });
    }
    written += await writeSealed(db, sealed);
    at = last;
  }
}
