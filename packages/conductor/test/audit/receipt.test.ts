import { checkReceipt, isIntact, type Receipt, type SignerPort } from "@baton/core";
import { createMemoryJournal, sha256 } from "@baton/journal";
import { aPlan } from "@baton/testkit/builders/index";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { exportJournal, makeReceipt, signHeads, verifyExport } from "../../src/index.ts";
import { driveToEnd, every, openApproved, value } from "../runs.ts";
import { testWorld } from "../world.ts";
import { anAnchor, aSigner, inShort, noKeys } from "./evidence.ts";

const tenants = ["t1", "t/2", "t3"];
const plan = aPlan({
  tenants,
  steps: [
    { id: "main.deploy" },
    { id: "main.each", after: ["main.deploy"], units: tenants },
    { id: "main.more", after: ["main.each"], units: tenants },
  ],
});
/** Puts into before and output what a migration's `digest` gives there. */
function withDigests() {
  const { performer } = testWorld();
  const digest = (rows: number) => ({ rows, digest: sha256(`${rows}`) });
  return {
    ...performer,
    before: async () => ({ ok: true, value: { stage: "none", data: digest(3) } }) as const,
    perform: async () => ({ ok: true, value: { stage: "expand", rows: 7, data: digest(4) } }) as const,
  };
}

let signer: SignerPort;
let receipt: Receipt;
let runs: readonly string[] = [];
const journal = createMemoryJournal({ now: Date.now });
const anchor = anAnchor();

beforeAll(async () => {
  signer = await aSigner();
  const sign = async () => value(await signHeads({ journal, signer, anchor }));
  const opened: string[] = [];
  for (let n = 0; n < 2; n++) {
    const run = await openApproved(journal, plan);
    opened.push(run);
    await driveToEnd({ journal, run, performers: every(withDigests()) });
    await sign();
  }
  runs = opened;
  receipt = value(
    await makeReceipt({ journal, run: opened[0] ?? "", tenant: "t/2", publicKey: signer.publicKey }),
  );
});

const check = (content: unknown) => checkReceipt(content, { verify: signer.verify, knowsKeys: true, sha256 });

describe("a tenant's receipt", () => {
  test("says what was done, when, on how many rows and what was there before and after; it is checked alone", () => {
    const { facts, problems, unknown } = check(JSON.parse(JSON.stringify(receipt)));
    expect([problems, unknown]).toEqual([[], []]);
    expect(facts).toMatchObject({ tenant: "t/2", run: runs[0], planHash: plan.hash, approvedBy: "ana" });
    expect(facts?.steps).toMatchObject(
      ["main.each", "main.more"].map((step) => ({
        step,
        direction: "do",
        outcome: "done",
        failures: 0,
        rows: 7,
        before: { rows: 3, digest: sha256("3") },
        after: { rows: 4, digest: sha256("4") },
      })),
    );
  });

  test("names no other tenant", () => {
    expect(JSON.stringify(receipt)).not.toMatch(/t1|t3/);
  });

  test("does not pass without the issuer's key", async () => {
    expect(checkReceipt(receipt, { verify: noKeys, knowsKeys: false, sha256 }).unknown).toMatchObject([
      { code: "BATON-AUDIT-KEY-MISSING" },
    ]);
    const other = await aSigner();
    expect(checkReceipt(receipt, { verify: other.verify, knowsKeys: true, sha256 }).problems).toMatchObject([
      { code: "BATON-AUDIT-KEY" },
    ]);
  });

  test("is refused where it was tampered with, and says where", () => {
    const edited = structuredClone(receipt);
    const [step] = edited.facts.steps;
    if (step) step.rows = 9;
    expect(check(edited).problems).toMatchObject([{ details: { path: "facts.steps[0].rows" } }]);
    const left = structuredClone(receipt);
    left.events.splice(3, 1);
    expect(check(left).problems.map(({ code }) => code)).toContain("BATON-AUDIT-RECEIPT");
    const forged = structuredClone(receipt);
    forged.statement.text = forged.statement.text.replace(/"at":\d+/, '"at":5');
    expect(check(forged).problems).toMatchObject([{ code: "BATON-AUDIT-SIGNATURE" }]);
  });

  test("finds any other change of a character (property)", () => {
    const text = JSON.stringify(receipt);
    // The key goes along for convenience and is not trusted. A character of base64 may stand for bits nobody reads.
    const [from, to] = [text.indexOf('"publicKey"'), text.indexOf('"signature"')];
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom("0", "a", "}", "~"), (at, char) => {
        fc.pre(at < from && (at < to || at > to + 110) && text[at] !== char);
        const bent = `${text.slice(0, at)}${char}${text.slice(at + 1)}`;
        let content: unknown = null;
        try {
          content = JSON.parse(bent);
        } catch {
          return;
        }
        expect(check(content).problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  test("waits until its events are signed, and is refused for a tenant that nothing was done to", async () => {
    const fresh = createMemoryJournal({ now: Date.now });
    const run = await openApproved(fresh, plan);
    await driveToEnd({ journal: fresh, run, performers: every(withDigests()) });
    const ask = { journal: fresh, run, publicKey: "" };
    expect(await makeReceipt({ ...ask, tenant: "t1" })).toMatchObject({
      problems: [{ code: "BATON-AUDIT-UNSIGNED" }],
    });
    expect(await makeReceipt({ ...ask, tenant: "t9" })).toMatchObject({
      problems: [{ code: "BATON-AUDIT-TENANT" }],
    });
  });
});

describe("an export", () => {
  async function exported(run: string | null): Promise<string[]> {
    const lines: string[] = [];
    value(await exportJournal({ journal, run, write: async (line) => void lines.push(line) }));
    return lines;
  }
  const verify = async (lines: readonly string[]) =>
    value(
      await verifyExport({
        lines: (async function* () {
          yield* lines;
        })(),
        anchor: anchor.lines,
        verify: signer.verify,
        knowsKeys: true,
      }),
    );

  test("of the whole journal and of one run is checked from its lines alone", async () => {
    for (const run of [null, runs[0] ?? "", runs[1] ?? ""]) {
      const found = await verify(await exported(run));
      expect(inShort(found)).toEqual({ intact: true, problems: [], unknown: [] });
      expect(found.events).toBeGreaterThan(20);
    }
  });

  test("of one run holds nothing of another", async () => {
    expect(
      (await exported(runs[0] ?? "")).filter((line) => line.startsWith('{"kind":"event"')).join(),
    ).not.toContain(runs[1]);
  });

  test("finds a line that is changed, missing, doubled or put elsewhere, whichever it is (property)", async () => {
    const all = [await exported(null), await exported(runs[0] ?? "")];
    const tampers = ["remove", "double", "swap", "edit", "cut"] as const;
    const arbitrary = fc.tuple(fc.nat({ max: 1 }), fc.constantFrom(...tampers), fc.nat(), fc.nat());
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([which, how, where, n]) => {
        const lines = [...(all[which] ?? [])];
        const at = where % lines.length;
        const line = lines[at] ?? "";
        if (how === "remove") lines.splice(at, 1);
        if (how === "double") lines.splice(at, 0, line);
        if (how === "swap") lines.splice(at, 2, lines[at + 1] ?? "x", line);
        if (how === "cut") lines.splice(at);
        // Not in a signature: a character of base64 may stand for bits that nobody reads.
        const place =
          n % Math.max(1, line.indexOf('"signature"') > 0 ? line.indexOf('"signature"') : line.length);
        if (how === "edit") lines[at] = `${line.slice(0, place)}~${line.slice(place + 1)}`;
        fc.pre(lines.join("\n") !== (all[which] ?? []).join("\n"));
        expect(isIntact(await verify(lines))).not.toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
