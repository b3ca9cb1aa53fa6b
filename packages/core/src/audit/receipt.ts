import { z } from "zod";
import { canonicalJson } from "../plan/canonical.ts";
import type { Sha256 } from "../plan/hash.ts";
import type { Problem } from "../problem.ts";
import { eventHash } from "./chain.ts";
import { finding } from "./finding.ts";
import { eventLeaf, logRoot } from "./log-tree.ts";
import { climb } from "./merkle.ts";
import { belongsToReceipt, ReceiptFacts, receiptFacts } from "./receipt-facts.ts";
import { fitsSize, readStatement, type Statement, signedBytes, type VerifySignature } from "./statement.ts";

const ReceiptEvent = z.strictObject({
  position: z.int(),
  stream: z.string(),
  seq: z.int(),
  at: z.int(),
  epoch: z.int(),
  type: z.string(),
  version: z.int(),
  data: z.string(),
  hash: z.string(),
  previous: z.string(),
  /** From this event's leaf to the root that the statement signs. */
  proof: z.array(z.strictObject({ side: z.enum(["left", "right"]), hash: z.string() })),
});

/**
 * What was done to one tenant in one run, on its own: facts, the events they follow from, and for each event the way to a signed
 * statement. It proves that what it holds is in the journal as it stands there; not that nothing else is.
 */
export const Receipt = z.strictObject({
  format: z.literal("baton-receipt/1"),
  facts: ReceiptFacts,
  events: z.array(ReceiptEvent).min(1),
  statement: z.strictObject({ text: z.string(), signature: z.string() }),
  /** For convenience, in PEM. Whoever checks takes the key from where it is trusted, not from here. */
  publicKey: z.string(),
});
export type Receipt = z.infer<typeof Receipt>;

export interface CheckReceiptOptions {
  readonly verify: VerifySignature;
  readonly knowsKeys: boolean;
  readonly sha256: Sha256;
}

/** What a check of a receipt came to. */
export interface CheckedReceipt {
  /** Null where the receipt cannot be read as one. */
  readonly facts: ReceiptFacts | null;
  readonly statement: Statement | null;
  readonly problems: readonly Problem[];
  readonly unknown: readonly Problem[];
}

/**
 * Checks a receipt alone: no journal, no network. Codes: `BATON-AUDIT-RECEIPT` (unreadable, or it says what its events do not),
 * `-EDITED`, `-REORDERED`, `-PROOF`, `-SIGNATURE`, `-STATEMENT`, `-KEY`; unknown: `-KEY-MISSING`.
 */
export function checkReceipt(content: unknown, options: CheckReceiptOptions): CheckedReceipt {
  const parsed = Receipt.safeParse(content);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: "unknown shape" };
    const problems = [
      finding("RECEIPT", `This is no receipt: ${path.join(".") || "the document"}: ${message}.`, {}),
    ];
    return { facts: null, statement: null, problems, unknown: [] };
  }
  const receipt = parsed.data;
  const statement = readStatement(receipt.statement.text);
  const signed = checkSignature(receipt, statement, options);
  const problems = [
    ...signed.problems,
    ...receipt.events.flatMap((event) => checkEvent(event, receipt, statement, options.sha256)),
    ...checkOrder(receipt.events),
    ...checkFacts(receipt),
  ];
  return { facts: receipt.facts, statement, problems, unknown: signed.unknown };
}

function checkSignature(
  { statement: { text, signature } }: Receipt,
  statement: Statement | null,
  { verify, knowsKeys }: CheckReceiptOptions,
): Pick<CheckedReceipt, "problems" | "unknown"> {
  if (statement === null || !fitsSize(statement.events, statement.position))
    return {
      problems: [finding("STATEMENT", "The receipt's statement cannot be read as one.", {})],
      unknown: [],
    };
  const { key, number } = statement;
  const signed = verify(key, signedBytes(text), signature);
  if (signed === true) return { problems: [], unknown: [] };
  if (signed === false)
    return {
      problems: [
        finding(
          "SIGNATURE",
          `The signature under statement ${number} is not that of the key ${key.slice(0, 16)}.`,
          { statement: number, key },
        ),
      ],
      unknown: [],
    };
  const remedy =
    "Name the public key of whoever issued the receipt with `--key FILE`; `baton audit key` prints it there.";
  if (knowsKeys)
    return {
      problems: [
        finding(
          "KEY",
          `The receipt is signed with the key ${key.slice(0, 16)}, which is none of those known here.`,
          { key },
          remedy,
        ),
      ],
      unknown: [],
    };
  const unknown = finding(
    "KEY-MISSING",
    "No key is known here, so nobody can say who issued this receipt.",
    { key },
    remedy,
  );
  return { problems: [], unknown: [unknown] };
}

type Event = Receipt["events"][number];

function checkEvent(
  event: Event,
  { facts }: Receipt,
  statement: Statement | null,
  sha256: Sha256,
): readonly Problem[] {
  const { stream, seq, position, type, hash } = event;
  const place = { stream, seq, position, type };
  const problems: Problem[] = [];
  if (eventHash(event.previous, { ...event, text: event.data }, sha256) !== hash)
    problems.push(finding("EDITED", `Event ${seq} of ${stream} (${type}) was changed.`, place));
  const inRun = stream === `run/${facts.run}` || stream.startsWith(`run/${facts.run}/`);
  if (!inRun || !belongsToReceipt(event, facts.tenant))
    problems.push(
      finding(
        "RECEIPT",
        `Event ${seq} of ${stream} (${type}) is not about ${facts.tenant} in ${facts.run}.`,
        place,
      ),
    );
  const root = statement && logRoot(statement.events, sha256);
  if (root !== null && climb(eventLeaf(position, hash, sha256), event.proof, sha256) !== root)
    problems.push(
      finding(
        "PROOF",
        `The proof of event ${seq} of ${stream} (${type}) does not lead to what was signed.`,
        place,
      ),
    );
  return problems;
}

function checkOrder(events: readonly Event[]): readonly Problem[] {
  return events.flatMap(({ position, stream, seq, type }, at) => {
    const before = events[at - 1];
    if (before === undefined || before.position < position) return [];
    return [
      finding(
        "REORDERED",
        `Event ${seq} of ${stream} (${type}) stands behind one that came later, or twice.`,
        { stream, seq, position, type },
      ),
    ];
  });
}

/** What the receipt says, against what its events say; each place that differs. */
function checkFacts({ facts, events }: Receipt): readonly Problem[] {
  const found = receiptFacts(events, facts.tenant);
  if (found === null) return [finding("RECEIPT", "The receipt does not hold the opening of its run.", {})];
  const differing = differences(facts, found, "facts");
  return differing.map((path) =>
    finding("RECEIPT", `The receipt's ${path} is not what its events say.`, { path }),
  );
}

function differences(said: unknown, found: unknown, path: string): readonly string[] {
  if (canonicalJson(said) === canonicalJson(found)) return [];
  if (typeof said !== "object" || said === null || typeof found !== "object" || found === null) return [path];
  const names = new Set([...Object.keys(said), ...Object.keys(found)]);
  const under = (name: string) => (Array.isArray(said) ? `${path}[${name}]` : `${path}.${name}`);
  return [...names].flatMap((name) => {
    const [one, other]: [unknown, unknown] = [Reflect.get(said, name), Reflect.get(found, name)];
    return one === undefined || other === undefined ? [under(name)] : differences(one, other, under(name));
  });
}
