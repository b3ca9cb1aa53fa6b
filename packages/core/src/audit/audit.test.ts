import { sha256 } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  climb,
  eventHash,
  eventLeaf,
  HeadTree,
  headLeaf,
  JournalCheck,
  type JournalRow,
  LogProver,
  LogTree,
  logRoot,
  merkleRoot,
  NO_HASH,
  type StreamHead,
} from "../index.ts";

function chain(texts: readonly string[], stream = "run/r1"): JournalRow[] {
  let previous = NO_HASH;
  return texts.map((data, index) => {
    const place = { stream, seq: index + 1, at: 1000 + index, epoch: 1, type: "step.started", version: 1 };
    const hash = eventHash(previous, { ...place, text: data }, sha256);
    const sealed = { ...place, data, previous, hash, position: index + 1 };
    previous = hash;
    return sealed;
  });
}

const headOf = (events: readonly JournalRow[]): readonly StreamHead[] => {
  const last = events.at(-1);
  return last === undefined ? [] : [{ stream: last.stream, seq: last.seq, hash: last.hash }];
};

/** What a check says of one stream, by code and sequence. */
function told(events: readonly JournalRow[], heads: readonly StreamHead[] | null) {
  const check = new JournalCheck({ statements: [], prefix: "run", sha256 });
  for (const event of events) check.take(event);
  check.end(heads);
  return check.findings.list.map(({ code, details }) => [code, (details as { seq: number }).seq]);
}

const whole = chain(["{}", '{"a":1}', '{"a":2}', '{"a":3}']);
const without = (seq: number) => whole.filter((event) => event.seq !== seq);
const edited = (seq: number, change: Partial<JournalRow>) =>
  whole.map((event) => (event.seq === seq ? { ...event, ...change } : event));

describe("a stream's chain", () => {
  it("covers the bytes that docs/journal.md names", () => {
    const event = { stream: "run/r1", seq: 7, at: 12, epoch: 3, type: "run.started", version: 1 };
    expect(eventHash("ff", { ...event, text: '{"ä":1}' }, sha256)).toBe(
      sha256('ff\nrun/r1\n7\n12\n3\nrun.started\n1\n{"ä":1}'),
    );
  });

  it("is whole as written, with and without a head", () => {
    expect(told(whole, headOf(whole))).toEqual([]);
    expect(told(whole, null)).toEqual([]);
    expect(told([], [])).toEqual([]);
  });

  it("shows an edited event where it is, whichever field was edited", () => {
    const changes = [{ data: "{}" }, { at: 1 }, { epoch: 2 }, { type: "run.started" }, { version: 2 }];
    for (const change of changes)
      expect(told(edited(2, change), headOf(whole))).toEqual([["BATON-AUDIT-EDITED", 2]]);
  });

  it("shows an edited event whose hash was made anew at the link behind it", () => {
    const [, second] = whole;
    if (second === undefined) throw new Error("the chain has no second event");
    const hash = eventHash(second.previous, { ...second, text: "{}" }, sha256);
    expect(told(edited(2, { data: "{}", hash }), headOf(whole))).toEqual([["BATON-AUDIT-BROKEN", 3]]);
  });

  it("shows removed, reordered and cut events", () => {
    expect(told(without(2), headOf(whole))).toEqual([["BATON-AUDIT-REMOVED", 2]]);
    expect(told(without(1), headOf(whole))).toEqual([["BATON-AUDIT-REMOVED", 1]]);
    expect(told(whole.slice(0, 2), headOf(whole))).toEqual([["BATON-AUDIT-CUT", 3]]);
    const [a, b, c, d] = whole;
    if (!a || !b || !c || !d) throw new Error("the chain is too short");
    expect(told([a, c, b, d], headOf(whole))).toContainEqual(["BATON-AUDIT-REORDERED", 2]);
  });

  it("shows a list of ends that is not that of the events, and a stream that is not in it", () => {
    expect(told(whole, headOf(whole.slice(0, 3)))).toEqual([["BATON-AUDIT-ENDS", 4]]);
    expect(told(whole, [])).toEqual([["BATON-AUDIT-ENDS", 4]]);
    expect(told(whole, [...headOf(whole), { stream: "run/gone", seq: 2, hash: "0" }])).toEqual([
      ["BATON-AUDIT-CUT", 1],
    ]);
  });

  it("shows any single change, wherever it is", () => {
    const arbitrary = fc
      .array(fc.string(), { minLength: 1, maxLength: 8 })
      .chain((texts) => fc.tuple(fc.constant(texts), fc.nat({ max: texts.length - 1 }), fc.string()));
    fc.assert(
      fc.property(arbitrary, ([texts, position, other]) => {
        fc.pre(texts[position] !== other);
        const events = chain(texts);
        const changed = events.map((event, index) =>
          index === position ? { ...event, data: other } : event,
        );
        expect(told(changed, headOf(events))).toEqual([["BATON-AUDIT-EDITED", position + 1]]);
        const cut = events.filter((_, index) => index !== position);
        expect(told(cut, headOf(events)).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe("the ends of fan-outs", () => {
  const units = [...chain(["1", "2"], "run/r/units/1"), ...chain(["3"], "run/r/units/3")];
  const heads = Object.fromEntries(units.slice(1).map(({ stream, hash }) => [stream, hash]));
  const pairs = Object.entries(heads).map(([stream, hash]) => ({ stream, hash }));
  const end = (summed: object) =>
    chain([JSON.stringify({ step: "a.b", outcome: "succeeded", units: summed })], "run/r").map((event) => ({
      ...event,
      type: "step.ended",
    }));
  /** Hashes of the end itself are not what is looked at here. */
  const codes = (events: readonly JournalRow[]) =>
    told(
      events.map((event, at) => ({ ...event, position: at + 1 })),
      null,
    ).filter(([code]) => code === "BATON-AUDIT-HEAD" || code === "BATON-AUDIT-ROOT");
  const sound = end({ root: merkleRoot(pairs, sha256), heads });

  it("hold while the unit streams are as they were, and when they have grown since", () => {
    expect(codes([...units, ...sound])).toEqual([]);
    const grown = chain(["3", "4"], "run/r/units/3").slice(1);
    expect(codes([...units, ...sound, ...grown])).toEqual([]);
  });

  it("name a unit stream that was rewritten or cut, and the event that sums it up", () => {
    expect(codes([...units.slice(0, 1), ...units.slice(2), ...sound])).toEqual([["BATON-AUDIT-HEAD", 1]]);
    expect(codes(sound)).toEqual([
      ["BATON-AUDIT-HEAD", 1],
      ["BATON-AUDIT-HEAD", 1],
    ]);
  });

  it("do not fit another root", () => {
    expect(codes([...units, ...end({ root: "0", heads })])).toEqual([["BATON-AUDIT-ROOT", 1]]);
  });
});

describe("the trees", () => {
  const hashes = (count: number) => Array.from({ length: count }, (_, index) => sha256(`${index}`));
  const leaves = (count: number) => hashes(count).map((hash, at) => eventLeaf(at + 1, hash, sha256));
  /** RFC 6962, read straight from its text. */
  const rfc = (nodes: readonly string[]): string => {
    if (nodes.length <= 1) return nodes[0] ?? sha256("baton-empty");
    let split = 1;
    while (split * 2 < nodes.length) split *= 2;
    return sha256(["baton-node", rfc(nodes.slice(0, split)), rfc(nodes.slice(split))].join("\n"));
  };

  it("of the events grows at its end, from its peaks alone, and proves each event and nothing else", () => {
    for (let count = 0; count <= 33; count++) {
      let log = new LogTree(sha256);
      const prover = new LogProver(
        hashes(count).map((_, at) => at + 1),
        sha256,
      );
      for (const [at, hash] of hashes(count).entries()) {
        if (at === Math.floor(count / 2)) log = new LogTree(sha256, log.size, log.peaks);
        log.add(hash);
        prover.add(hash);
      }
      const root = logRoot(log.peaks, sha256);
      expect(root).toBe(rfc(leaves(count)));
      const proofs = prover.proofs();
      for (const [at, leaf] of leaves(count).entries()) {
        expect(climb(leaf, proofs.get(at + 1) ?? [], sha256)).toBe(root);
        const elsewhere = eventLeaf(at + 2, hashes(count)[at] ?? "", sha256);
        expect(climb(elsewhere, proofs.get(at + 1) ?? [], sha256)).not.toBe(root);
      }
    }
  });

  it("of the heads follows every head that moves and every stream that begins (property)", () => {
    const moves = fc.array(fc.tuple(fc.nat({ max: 12 }), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(moves, (list) => {
        const tree = new HeadTree(sha256);
        const heads = new Map<string, string>();
        for (const [at, [name, look]] of list.entries()) {
          const head = { stream: `run/${name}`, hash: sha256(`${at}`) };
          tree.set(head);
          heads.set(head.stream, head.hash);
          if (look || at === list.length - 1)
            expect(tree.root()).toBe(
              rfc([...heads].map(([stream, hash]) => headLeaf({ stream, hash }, sha256))),
            );
        }
      }),
    );
  });

  it("of a fan-out's end depends on no order, and on every head", () => {
    const all = hashes(5).map((hash, at) => ({ stream: `run/r1/units/${at}`, hash }));
    const root = merkleRoot(all, sha256);
    expect(merkleRoot([...all].reverse(), sha256)).toBe(root);
    expect(merkleRoot(all.slice(1), sha256)).not.toBe(root);
  });

  it("never take a node for a leaf", () => {
    const [a, b] = hashes(2).map((hash, at) => ({ stream: `s${at}`, hash }));
    if (!a || !b) throw new Error("two heads are needed");
    const inner = { stream: headLeaf(a, sha256), hash: headLeaf(b, sha256) };
    expect(headLeaf(inner, sha256)).not.toBe(merkleRoot([a, b], sha256));
  });
});
