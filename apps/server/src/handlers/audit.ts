import { exportJournal } from "@baton/conductor";
import { routes } from "@baton/contracts";
import type { JournalRow, Json } from "@baton/core";
import { anchorOf, signerOf } from "@baton/session";
import { must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import type { Parts } from "../parts.ts";
import { numberCursor } from "./paging.ts";
import { createVerifications } from "./verifications.ts";

/** Positions that one look goes through, and looks of one request: what lies beyond is asked for with the cursor. */
const SPAN = 20_000;
const LOOKS = 5;

/** The journal, for those who check it. */
export function auditHandlers({ json, raw }: Registrar, { session, follower, runs }: Parts): void {
  const { journal, definition, where } = session;
  const verifications = createVerifications(session, follower);

  json(routes.searchEvents, async ({ query }) => {
    const { limit, cursor, stream = "", type = null, text = null, from = null, to = null } = query;
    let before = numberCursor(cursor, must(await journal.audit.end()) + 1);
    const items: JournalRow[] = [];
    for (let look = 0; look < LOOKS && before > 1 && items.length < limit; look++) {
      const left = limit - items.length;
      const wanted = { prefix: stream, type, text, from, to, before, span: SPAN, limit: left };
      const found = must(await journal.audit.search(wanted));
      items.push(...found);
      const last = found.at(-1);
      before = found.length === left && last !== undefined ? last.position : Math.max(1, before - SPAN);
    }
    return {
      items: items.map((row) => ({ ...row, data: JSON.parse(row.data) as Json })),
      nextCursor: before > 1 ? String(before) : null,
      lookedThroughTo: before,
    };
  });

  json(routes.getVerification, async () => verifications.told());
  json(routes.startVerification, async () => verifications.start());

  raw(routes.exportJournal, async ({ params: { environment }, query: { run }, reply }) => {
    if (run !== undefined) must(await runs.get(environment, run));
    const name = run === undefined ? "journal" : run.replaceAll(/[^\w.-]/g, "_");
    reply.hijack();
    const { raw: out } = reply;
    for (const [header, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) out.setHeader(header, value);
    out.writeHead(200, {
      "content-type": "application/x-ndjson; charset=utf-8",
      "content-disposition": `attachment; filename="${name}.jsonl"`,
      "cache-control": "no-store",
    });
    const write = (line: string) =>
      new Promise<void>((taken, lost) => {
        if (out.destroyed) lost(new Error("whoever asked is gone"));
        else if (out.write(`${line}\n`)) taken();
        else out.once("drain", taken).once("close", taken);
      });
    const exported = await exportJournal({ journal, run: run ?? null, write }).catch(() => null);
    // A file that breaks off has no end line, and whoever checks it says so.
    if (exported?.ok) out.end();
    else out.destroy();
  });

  json(routes.getAuditKey, async () => {
    const { key, publicKey } = must(await signerOf(where));
    return { key, publicKey };
  });

  json(routes.listStatements, async ({ query: { limit, cursor } }) => {
    const items = [...must(await journal.audit.statements(numberCursor(cursor, 0), limit + 1))];
    const more = items.length > limit;
    const page = items.slice(0, limit);
    return { items: page, nextCursor: more ? String(page.at(-1)?.number) : null };
  });

  json(routes.getAnchor, async () => {
    const anchor = anchorOf(where, definition.platform);
    const id = must(await journal.audit.id());
    const lines = must(await anchor.read(id));
    return { place: anchor.place, lines: lines === null ? null : [...lines] };
  });
}
