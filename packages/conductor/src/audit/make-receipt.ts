import {
  belongsToReceipt,
  finding,
  type Journal,
  type JournalRow,
  LogProver,
  type Problem,
  ProblemError,
  type Receipt,
  type Result,
  readStatement,
  receiptFacts,
  type StoredStatement,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { streams } from "../streams.ts";
import { paged, tried } from "./pages.ts";
import { rowsOf } from "./verify-journal.ts";

export interface MakeReceiptOptions {
  readonly journal: Journal;
  readonly run: string;
  readonly tenant: string;
  /** In PEM; goes along for convenience. */
  readonly publicKey: string;
}

/** Events whose hashes are read at a time. */
const PAGE = 5_000;

/**
 * The receipt of one tenant for one run, up to the newest statement. Reads the run once, and of the rest of the journal only the
 * hashes. `BATON-AUDIT-UNSIGNED` where no statement covers all of the tenant's events; `BATON-AUDIT-TENANT` where there are none.
 */
export function makeReceipt({
  journal,
  run,
  tenant,
  publicKey,
}: MakeReceiptOptions): Promise<Result<Receipt>> {
  return tried(async () => {
    const rows: JournalRow[] = [];
    for await (const row of rowsOf(journal, streams.run(run)))
      if (belongsToReceipt(row, tenant)) rows.push(row);
    const facts = receiptFacts(rows, tenant);
    if (facts === null || facts.steps.length === 0) throw new ProblemError(nothingDone(run, tenant));
    const newest = must(await journal.audit.lastStatement());
    const last = rows.at(-1)?.position ?? 0;
    if (newest === null || newest.position < last || readStatement(newest.text) === null)
      throw new ProblemError(notSigned(last, newest));
    const prover = new LogProver(
      rows.map(({ position }) => position),
      sha256,
    );
    const links = paged(
      0,
      (after) => journal.audit.links(after, newest.position, PAGE),
      ({ position }) => position,
    );
    for await (const { hash } of links) prover.add(hash);
    const proofs = prover.proofs();
    const { text, signature } = newest;
    return {
      format: "baton-receipt/1",
      facts,
      events: rows.map((row) => ({ ...row, proof: [...(proofs.get(row.position) ?? [])] })),
      statement: { text, signature },
      publicKey,
    };
  });
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

const nothingDone = (run: string, tenant: string): Problem =>
  finding(
    "TENANT",
    `The run ${run} has done nothing to a tenant ${tenant}.`,
    { run, tenant },
    "Look at the tenants with `baton status`, and at the runs for another one to name with `--run`.",
  );

const notSigned = (last: number, newest: StoredStatement | null): Problem =>
  finding(
    "UNSIGNED",
    `The tenant's events go on to position ${last}; the journal is signed to ${newest?.position ?? 0}.`,
    { position: last, signed: newest?.position ?? 0 },
    "Run `baton audit sign`, then ask for the receipt again.",
  );
