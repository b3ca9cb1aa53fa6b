import {
  apply,
  canonicalJson,
  Findings,
  finding,
  fromSnapshot,
  indexPlan,
  initialState,
  type Journal,
  type JournalRow,
  type Json,
  Plan,
  type PlanIndex,
  planHash,
  type Recorded,
  SNAPSHOT_VERSION,
  type StoredSnapshot,
  toSnapshot,
} from "@baton/core";
import { dataText, sha256 } from "@baton/journal";
import { fromStored } from "../event-codec.ts";
import { paged } from "./pages.ts";

/** Rows read at a time; a plan or a snapshot of a large fleet is some megabytes. */
const FEW = 5;
const PAGE = 2_000;

/** What is compared with what is stored beside the events. */
export interface VerifyRecords {
  readonly journal: Pick<Journal, "audit" | "loadDocument">;
  /** Plans that runs were opened with: their hash, and the SHA-256 of their bytes where the run's first event has it. */
  readonly plans: ReadonlyMap<string, string | null>;
}

/**
 * Whether what is stored beside the events is what follows from them: each snapshot is made anew from its run's events, each
 * plan's hash from its bytes. A snapshot of another version is passed over, as it is when a run is loaded. Codes:
 * `BATON-AUDIT-SNAPSHOT`, `BATON-AUDIT-DOCUMENT`.
 */
export async function verifyRecords({
  journal,
  plans,
}: VerifyRecords): Promise<{ readonly findings: Findings; readonly count: number }> {
  const { audit } = journal;
  const findings = new Findings();
  const documents = new Set<string>();
  const stored = paged(
    "",
    (after) => audit.documents(after, FEW),
    (row) => row.hash,
  );
  for await (const { hash, bytes } of stored) {
    documents.add(hash);
    const digest = plans.get(hash) ?? null;
    if (planOf(bytes, hash) === null || (digest !== null && sha256(bytes) !== digest))
      findings.add(document(hash, "is not the one a run was opened with"));
  }
  for (const hash of plans.keys()) if (!documents.has(hash)) findings.add(document(hash, "is gone"));
  let count = documents.size;
  const snapshots = paged(
    "",
    (after) => audit.snapshots(after, FEW),
    (row) => row.stream,
  );
  for await (const snapshot of snapshots) {
    if (snapshot.version !== SNAPSHOT_VERSION) continue;
    count++;
    const why = await differs(journal, snapshot);
    if (why === null) continue;
    const { stream, position } = snapshot;
    findings.add(
      finding(
        "SNAPSHOT",
        `The snapshot of ${stream} at position ${position} ${why}.`,
        { stream, position },
        DELETE_IT,
      ),
    );
  }
  return { findings, count };
}

const DELETE_IT =
  "Loading the run would begin from it: delete the row from baton_journal.snapshots, and the events are read instead. Find out who wrote it.";

const document = (hash: string, what: string) =>
  finding("DOCUMENT", `The plan stored under ${hash.slice(0, 12)} ${what}.`, { document: hash });

/** A stored plan whose hash is that of its doings; null for anything else. */
function planOf(bytes: string, hash: string): Plan | null {
  try {
    const parsed = Plan.safeParse(JSON.parse(bytes));
    if (!parsed.success || parsed.data.hash !== hash) return null;
    return planHash(parsed.data, sha256) === hash && canonicalJson(JSON.parse(bytes)) === bytes
      ? parsed.data
      : null;
  } catch {
    return null;
  }
}

/** How a snapshot is not what the events up to its position say; null where it is. */
async function differs(journal: VerifyRecords["journal"], snapshot: StoredSnapshot): Promise<string | null> {
  const index = await indexOf(journal, snapshot.stream);
  if (index === null) return "belongs to no run whose plan can be read";
  let state = initialState(index, snapshot.stream.slice("run/".length));
  const seqs: Record<string, number> = {};
  const rows = paged(
    0,
    (after) => journal.audit.rows(snapshot.stream, after, PAGE),
    (row) => row.position,
  );
  for await (const row of rows) {
    if (row.position > snapshot.position) break;
    const recorded = recordedOf(row);
    if (recorded === null) return "cannot be made anew: an event in front of it cannot be read";
    state = apply(index, state, recorded);
    seqs[row.stream] = row.seq;
  }
  if (!isSnapshot(snapshot.state)) return "cannot be read";
  return dataText({ state: toSnapshot(state), seqs }) === snapshot.state
    ? null
    : "is not what the events say";
}

async function indexOf(journal: VerifyRecords["journal"], stream: string): Promise<PlanIndex | null> {
  const first = await journal.audit.rows(stream, 0, 1);
  const row = first.ok ? first.value[0] : undefined;
  const opened = row === undefined ? null : recordedOf(row);
  if (opened?.event.type !== "run.opened") return null;
  const bytes = await journal.loadDocument(opened.event.planHash);
  const plan = bytes.ok && bytes.value !== null ? planOf(bytes.value, opened.event.planHash) : null;
  return plan && indexPlan(plan);
}

function recordedOf(row: JournalRow): Recorded | null {
  try {
    const recorded = fromStored({ ...row, data: JSON.parse(row.data) as Json });
    return recorded.ok ? recorded.value : null;
  } catch {
    return null;
  }
}

function isSnapshot(text: string): boolean {
  try {
    const kept = JSON.parse(text) as { readonly state?: Json };
    return fromSnapshot(kept.state ?? null).ok;
  } catch {
    return false;
  }
}
