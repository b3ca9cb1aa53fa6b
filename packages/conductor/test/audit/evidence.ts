import { generateKeyPairSync } from "node:crypto";
import { createVerifier, openSigningKey } from "@baton/adapters";
import {
  type AnchorPort,
  eventHash,
  isIntact,
  type Journal,
  type JournalRow,
  NO_HASH,
  ok,
  type SignerPort,
  type StoredDocument,
  type StoredSnapshot,
  type StoredStatement,
  type StreamHead,
  type Verification,
} from "@baton/core";
import { sha256 } from "@baton/journal";
import { verifyJournal } from "../../src/index.ts";
import { value } from "../runs.ts";

/** A signing key of a test's own. */
export async function aSigner(): Promise<SignerPort> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const signer = value(await openSigningKey({ stateDir: "", env: { BATON_AUDIT_KEY: pem }, create: false }));
  if (signer === null) throw new Error("there is no key");
  return signer;
}

/** An anchor that holds its lines where a test can reach them. */
export function anAnchor(): AnchorPort & { lines: string[] | null } {
  const anchor = {
    place: "memory",
    lines: null as string[] | null,
    read: async () => ok(anchor.lines),
    append: async (_journal: string, lines: readonly string[]) => {
      anchor.lines = [...(anchor.lines ?? []), ...lines];
      return ok(undefined);
    },
  };
  return anchor;
}

/** All that whoever can write to the database, and to the anchor, could change. */
export interface Evidence {
  id: string;
  rows: JournalRow[];
  heads: StreamHead[];
  statements: StoredStatement[];
  snapshots: StoredSnapshot[];
  documents: StoredDocument[];
  anchor: string[] | null;
}

/** A copy of a journal and its anchor, to be tampered with. */
export const evidenceOf = async (journal: Journal, anchor: readonly string[] | null): Promise<Evidence> => ({
  id: value(await journal.audit.id()),
  rows: [...value(await journal.audit.rows("", 0, 1_000_000))].map((row) => ({ ...row })),
  heads: [...value(await journal.heads(""))].map(({ stream, seq, hash }) => ({ stream, seq, hash })),
  statements: [...value(await journal.audit.statements(0, 1_000_000))],
  snapshots: [...value(await journal.audit.snapshots("", 1_000_000))],
  documents: [...value(await journal.audit.documents("", 1_000_000))],
  anchor: anchor === null ? null : [...anchor],
});

/** A journal that shows the evidence as a database would: in the order of its keys. */
export function shown(evidence: Evidence): Pick<Journal, "audit" | "heads" | "loadDocument"> {
  const below = (stream: string, prefix: string) =>
    prefix === "" || stream === prefix || stream.startsWith(`${prefix}/`);
  const rows = [...evidence.rows].sort((a, b) => a.position - b.position);
  return {
    heads: async () => ok(evidence.heads),
    loadDocument: async (hash) => ok(evidence.documents.find((one) => one.hash === hash)?.bytes ?? null),
    audit: {
      id: async () => ok(evidence.id),
      end: async () => ok(rows.at(-1)?.position ?? 0),
      rows: async (prefix, after, limit) =>
        ok(rows.filter((row) => row.position > after && below(row.stream, prefix)).slice(0, limit)),
      search: () => Promise.reject(new Error("a check searches nothing")),
      links: async (after, upTo, limit) =>
        ok(rows.filter((row) => row.position > after && row.position <= upTo).slice(0, limit)),
      headsAt: async () => ok(evidence.heads),
      statements: async (after, limit) =>
        ok(
          evidence.statements
            .filter(({ number }) => number > after)
            .sort((a, b) => a.number - b.number)
            .slice(0, limit),
        ),
      lastStatement: async () => ok(evidence.statements.at(-1) ?? null),
      saveStatement: async () => ok(undefined),
      snapshots: async (after, limit) =>
        ok(evidence.snapshots.filter(({ stream }) => stream > after).slice(0, limit)),
      documents: async (after, limit) =>
        ok(evidence.documents.filter(({ hash }) => hash > after).slice(0, limit)),
    },
  };
}

/** What a check says of the evidence. */
export async function verified(evidence: Evidence, signer: SignerPort): Promise<Verification> {
  return value(
    await verifyJournal({
      journal: shown(evidence),
      anchor: evidence.anchor,
      verify: signer.verify,
      knowsKeys: true,
    }),
  );
}

/** The check's answer in short: whether it is intact, and the codes in their order, each once. */
export function inShort(verification: Verification) {
  const codes = (problems: Verification["problems"]) => [
    ...new Set(problems.map(({ code }) => code.slice(12))),
  ];
  return {
    intact: isIntact(verification),
    problems: codes(verification.problems),
    unknown: codes(verification.unknown),
  };
}

/** Whoever can write to the database can compute every chain anew, with the list of ends: what no chain shows. */
export function recompute(evidence: Evidence): void {
  const ends = new Map<string, StreamHead>();
  evidence.rows.sort((a, b) => a.position - b.position);
  evidence.rows = evidence.rows.map((row, at) => {
    const end = ends.get(row.stream) ?? { stream: row.stream, seq: 0, hash: NO_HASH };
    const seq = end.seq + 1;
    const hash = eventHash(end.hash, { ...row, seq, text: row.data }, sha256);
    ends.set(row.stream, { stream: row.stream, seq, hash });
    return { ...row, seq, hash, previous: end.hash, position: at + 1 };
  });
  evidence.heads = [...ends.values()];
}

/** A verifier that knows no key. */
export const noKeys = value(createVerifier([]));
