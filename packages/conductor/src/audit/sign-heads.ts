import {
  type AnchorPort,
  anchorAhead,
  anchorLine,
  failed,
  finding,
  fitsSize,
  HeadTree,
  type Journal,
  LogTree,
  NO_HASH,
  ok,
  type Problem,
  type Result,
  readAnchorLine,
  readStatement,
  type SignerPort,
  type Statement,
  type StoredStatement,
  signedBytes,
  statementText,
} from "@baton/core";
import { sha256 } from "@baton/journal";

export interface SignHeadsOptions {
  readonly journal: Journal;
  readonly signer: SignerPort;
  readonly anchor: AnchorPort;
}

/** How far the journal is signed. `number` is 0 for a journal without events. */
export interface Signed {
  readonly number: number;
  readonly position: number;
}

/** Links read at a time. */
const PAGE = 5_000;
/** Another process signs at the same moment now and then; each try begins with what it stored. */
const TRIES = 5;

/**
 * Signs how the journal stands now, stores the statement and anchors it; does nothing where nothing was appended since. Goes on
 * from the statement before, if that is this key's: what was signed once is never looked up again, so a past that was changed
 * since stays visible. A statement by another key is not built upon: then all is read anew. Problems: `BATON-AUDIT-ANCHOR-AHEAD`,
 * `-ANCHOR-DIFFERS`, `-REMOVED` (positions are missing: nothing is signed), those of the anchor and of the journal.
 */
export async function signHeads(options: SignHeadsOptions): Promise<Result<Signed>> {
  let last: Result<Signed> = ok({ number: 0, position: 0 });
  for (let attempt = 0; attempt < TRIES; attempt++) {
    last = await trySign(options);
    if (last.ok || last.problems.every((problem) => problem.code !== "BATON-JOURNAL-SEQUENCE")) return last;
  }
  return last;
}

async function trySign(options: SignHeadsOptions): Promise<Result<Signed>> {
  const { audit } = options.journal;
  const [id, last, end] = [await audit.id(), await audit.lastStatement(), await audit.end()];
  if (!id.ok) return id;
  if (!last.ok) return last;
  if (!end.ok) return end;
  const anchored = await anchoredTo(options.anchor, id.value, last.value);
  if (!anchored.ok) return anchored;
  let newest = last.value;
  if (end.value > (newest?.position ?? 0)) {
    const signed = await nextStatement(options, id.value, newest, end.value);
    if (!signed.ok) return signed;
    const stored = await audit.saveStatement(signed.value);
    if (!stored.ok) return stored;
    newest = signed.value;
  }
  const copied = await bringAnchorUp(options, id.value, anchored.value, newest?.number ?? 0);
  return copied.ok ? ok({ number: newest?.number ?? 0, position: newest?.position ?? 0 }) : copied;
}

/** Number of the newest statement that is anchored; refused where the anchor knows of more than the journal, or of another. */
async function anchoredTo(
  anchor: AnchorPort,
  journal: string,
  last: StoredStatement | null,
): Promise<Result<number>> {
  const lines = await anchor.read(journal);
  if (!lines.ok) return lines;
  const newest = (lines.value ?? []).map(readAnchorLine).findLast((line) => line !== null);
  const stored = last?.number ?? 0;
  if (newest === undefined || newest === null) return ok(0);
  if (newest.number > stored) return failed(anchorAhead(newest.number, stored));
  if (newest.number === stored && newest.text !== last?.text) return failed(anchorDiffers(stored));
  return ok(newest.number);
}

/** Whatever the journal has and the anchor lacks, a crash between the two included. */
async function bringAnchorUp(
  { journal, anchor }: SignHeadsOptions,
  id: string,
  from: number,
  to: number,
): Promise<Result<void>> {
  for (let at = from; at < to; ) {
    const page = await journal.audit.statements(at, 500);
    if (!page.ok) return page;
    const newest = page.value.at(-1);
    if (newest === undefined) break;
    const added = await anchor.append(id, page.value.map(anchorLine));
    if (!added.ok) return added;
    at = newest.number;
  }
  return ok(undefined);
}

async function nextStatement(
  { journal, signer }: SignHeadsOptions,
  id: string,
  last: StoredStatement | null,
  end: number,
): Promise<Result<StoredStatement>> {
  const base = trusted(signer, id, last);
  const log = new LogTree(sha256, base?.position ?? 0, base?.events ?? []);
  const touched = new Set<string>();
  while (log.size < end) {
    const page = await journal.audit.links(log.size, end, PAGE);
    if (!page.ok) return page;
    for (const link of page.value) {
      if (link.position !== log.size + 1) return failed(gap(log.size + 1));
      log.add(link.hash);
      touched.add(link.stream);
    }
    if (page.value.length === 0) return failed(gap(log.size + 1));
  }
  const [heads, at] = [await journal.audit.headsAt(end), await journal.now()];
  if (!heads.ok) return heads;
  if (!at.ok) return at;
  const tree = new HeadTree(sha256);
  for (const head of heads.value) tree.set(head);
  const number = (last?.number ?? 0) + 1;
  const statement: Statement = {
    format: "baton-statement/1",
    journal: id,
    number,
    position: end,
    at: at.value,
    events: [...log.peaks],
    streams: tree.size,
    heads: tree.root(),
    moved: heads.value
      .filter(({ stream }) => touched.has(stream))
      .map(({ stream, seq, hash }) => ({ stream, seq, hash })),
    previous: last === null ? NO_HASH : sha256(last.text),
    key: signer.key,
  };
  const text = statementText(statement);
  return ok({ number, position: end, text, signature: signer.sign(signedBytes(text)) });
}

/** The statement before, where it is this signer's own word. */
function trusted(signer: SignerPort, id: string, last: StoredStatement | null): Statement | null {
  const statement = last && readStatement(last.text);
  if (last === null || statement === null || statement.journal !== id) return null;
  const signed = signer.verify(statement.key, signedBytes(last.text), last.signature);
  return signed === true && fitsSize(statement.events, statement.position) ? statement : null;
}

const gap = (position: number): Problem =>
  finding(
    "REMOVED",
    `Position ${position} is empty: events were removed, so the journal is not signed any further.`,
    { position },
    "Run `baton audit verify`, and bring the journal back from a backup.",
  );

const anchorDiffers = (number: number): Problem =>
  finding(
    "ANCHOR-DIFFERS",
    `Statement ${number} in the journal is another one than in the anchor, so nothing is signed behind it.`,
    { statement: number },
  );
