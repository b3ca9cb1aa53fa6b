import type { Guard, GuardTest } from "../guard.ts";

const MEMORY = "packages/journal/src/memory/memory-journal.ts";
const SCHEMA = "packages/journal/src/postgres/schema.ts";

/** A law of all journals, on the one in memory or on PostgreSQL. */
const law = (on: "memory" | "postgres", about: "append" | "audit" | "leases", name: string): GuardTest => ({
  file: `packages/journal/src/${on}/${on}-journal.test.ts`,
  name,
  writtenIn: `packages/journal/src/conformance/${about}.ts`,
});

const FENCES =
  "can be taken by another owner after their end, with a higher epoch that fences the one before";
const RELEASED = "are longer after renew, free at once after release, and never count epochs twice";
const UNSEEN = "refuses a writer that has not seen the end, and stores nothing of the batch";
const OUTRANKS = "count epochs over all leases, so that the holder of a new one outranks every holder before";

/** What the journal refuses. */
export const journalGuards: readonly Guard[] = [
  {
    name: "journal-epoch-memory",
    protects: "A conductor whose lease another one took appends nothing more (the journal in memory).",
    file: MEMORY,
    edits: [
      {
        text: "held?.epoch !== lease.epoch || held.expiresAt",
        replacement: "held === undefined || held.expiresAt",
      },
    ],
    test: law("memory", "leases", FENCES),
  },
  {
    name: "journal-epoch-postgres",
    protects: "A conductor whose lease another one took appends nothing more (the journal on PostgreSQL).",
    file: SCHEMA,
    edits: [{ text: "if not found or v_lease.epoch <> v_epoch or", replacement: "if not found or" }],
    test: law("postgres", "leases", FENCES),
  },
  {
    name: "journal-lease-over-memory",
    protects: "A lease that is over lets nobody append, even where nobody else came (the journal in memory).",
    file: MEMORY,
    edits: [{ text: " || held.expiresAt <= clock) return", replacement: ") return" }],
    test: law("memory", "leases", RELEASED),
  },
  {
    name: "journal-lease-over-postgres",
    protects:
      "A lease that is over lets nobody append, even where nobody else came (the journal on PostgreSQL).",
    file: SCHEMA,
    edits: [
      { text: " or v_lease.expires_at <= v_clock then\n      raise", replacement: " then\n      raise" },
    ],
    test: law("postgres", "leases", RELEASED),
  },
  {
    name: "journal-epochs-over-all-leases",
    protects: "What one run's holder fenced a target with never outranks the next run's holder.",
    file: MEMORY,
    edits: [
      {
        text: "Math.max(0, ...[...leases.values()].map((lease) => lease.epoch))",
        replacement: "there?.epoch ?? 0",
      },
    ],
    test: law("memory", "leases", OUTRANKS),
  },
  {
    name: "journal-sequence-memory",
    protects: "Who has not seen a stream's end appends nothing behind it (the journal in memory).",
    file: MEMORY,
    edits: [{ text: "if (expectedSeq !== null && expectedSeq !== head.seq)", replacement: "if (false)" }],
    test: law("memory", "append", UNSEEN),
  },
  {
    name: "journal-sequence-postgres",
    protects: "Who has not seen a stream's end appends nothing behind it (the journal on PostgreSQL).",
    file: SCHEMA,
    edits: [{ text: "if p_expected[i] <> h_seq[v_stream] then", replacement: "if false then" }],
    test: law("postgres", "append", UNSEEN),
  },
];
