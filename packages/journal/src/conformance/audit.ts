import { describe, expect, it } from "vitest";
import type { JournalPair } from "../conformance.ts";
import { append, codes, event, fresh, value } from "./support.ts";

/** What the raw looks promise. Other tests write to the same journal meanwhile, so everything is compared below a name of its own. */
export function auditLaws(use: () => JournalPair): void {
  describe("raw looks at the journal", () => {
    it("give each event as it is kept, page by page, and each stream's end at a position", async () => {
      const { journal, other } = use();
      const [one, two] = [fresh("run"), fresh("run")];
      value(await journal.append([append(one, 0, event({ b: 1, a: 2 }), event("é"))], null));
      value(await journal.append([append(two, 0, event(3)), append(one, 2, event(4))], null));
      const stored = value(await other.read(one));
      const first = value(await other.audit.rows(one, 0, 2));
      expect(first.map(({ data }) => data)).toEqual(['{"a":2,"b":1}', '"é"']);
      const last = value(await other.audit.rows(one, first.at(-1)?.position ?? 0, 2));
      expect([...first, ...last].map(({ hash, position }) => [hash, position])).toEqual(
        stored.map(({ hash, position }) => [hash, position]),
      );
      expect(value(await other.audit.rows(one, last.at(-1)?.position ?? 0, 2))).toEqual([]);
      const end = stored.at(-1)?.position ?? 0;
      expect(value(await other.audit.end())).toBeGreaterThanOrEqual(end);
      const links = value(await other.audit.links(end - 1, end, 10));
      expect(links).toMatchObject([{ position: end, stream: one, seq: 3, hash: stored.at(-1)?.hash }]);
      const before = value(await other.audit.headsAt(stored[1]?.position ?? 0));
      expect(before.filter(({ stream }) => [one, two].includes(stream))).toMatchObject([
        { stream: one, seq: 2, hash: stored[1]?.hash },
      ]);
      const heads = value(await other.audit.headsAt(end));
      expect(heads.filter(({ stream }) => [one, two].includes(stream)).map(({ seq }) => seq)).toEqual([3, 1]);
    });

    it("find events by stream, type, text and time, the newest first, within a span of positions", async () => {
      const { journal, other } = use();
      const name = fresh("search");
      const stored = value(
        await journal.append(
          [
            append(`${name}/a`, 0, event({ by: "Ana" }, "thing.made"), event({ by: "Ben" }, "thing.lost")),
            append(`${name}/b`, 0, event({ by: "ana" }, "thing.lost")),
          ],
          null,
        ),
      );
      const [first, second, third] = stored.map(({ position }) => position);
      const before = (third ?? 0) + 1;
      const all = {
        prefix: name,
        type: null,
        text: null,
        from: null,
        to: null,
        before,
        span: 1_000,
        limit: 10,
      };
      const found = async (more: object) =>
        value(await other.audit.search({ ...all, ...more })).map(({ position }) => position);
      expect(await found({})).toEqual([third, second, first]);
      expect(await found({ limit: 2 })).toEqual([third, second]);
      expect(await found({ before: third })).toEqual([second, first]);
      expect(await found({ prefix: `${name}/a` })).toEqual([second, first]);
      expect(await found({ type: "thing.lost" })).toEqual([third, second]);
      expect(await found({ text: "ANA" })).toEqual([third, first]);
      expect(await found({ text: "nobody's" })).toEqual([]);
      expect(await found({ span: 2 })).toEqual([third, second]);
      const at = stored[0]?.at ?? 0;
      expect(await found({ from: at, to: at })).toEqual([third, second, first]);
      expect(await found({ from: at + 1 })).toEqual([]);
      expect(await found({ to: at - 1 })).toEqual([]);
    });

    it("tell one name of the journal, and its snapshots and documents as they are kept", async () => {
      const { journal, other } = use();
      const id = value(await journal.audit.id());
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(value(await other.audit.id())).toBe(id);
      const name = fresh("raw");
      value(await journal.saveSnapshot(name, { position: 3, version: 7, state: { b: 1, a: [] } }));
      value(await journal.saveDocument(name, ' {"x": 1}\n'));
      const before = name.slice(0, -1);
      expect(value(await other.audit.snapshots(before, 1))).toEqual([
        { stream: name, position: 3, version: 7, state: '{"a":[],"b":1}' },
      ]);
      expect(value(await other.audit.documents(before, 1))).toEqual([{ hash: name, bytes: ' {"x": 1}\n' }]);
    });

    it("keep statements in one line: of two with a number, one gets in", async () => {
      const { journal, other } = use();
      const last = value(await journal.audit.lastStatement())?.number ?? 0;
      const next = { number: last + 1, position: 9, text: "{}", signature: "c2ln" };
      const both = await Promise.all([journal.audit.saveStatement(next), other.audit.saveStatement(next)]);
      expect(both.flatMap(codes)).toEqual(["BATON-JOURNAL-SEQUENCE"]);
      expect(codes(await journal.audit.saveStatement({ ...next, number: last + 3 }))).toEqual([
        "BATON-JOURNAL-SEQUENCE",
      ]);
      expect(value(await other.audit.lastStatement())).toEqual(next);
      expect(value(await other.audit.statements(last, 10))).toEqual([next]);
      expect(value(await other.audit.statements(last + 1, 10))).toEqual([]);
    });
  });
}
