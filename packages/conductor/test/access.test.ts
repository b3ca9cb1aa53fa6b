import { type Actor, actorOf, can, type Journal, type Principal, type Role } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import {
  type Asker,
  approve,
  approveGate,
  createToken,
  firstAdmin,
  grantRole,
  invite,
  openRun,
  readAccess,
  redeemInvitation,
  requestPause,
  revokeInvitation,
  revokeRole,
  revokeToken,
  streams,
} from "../src/index.ts";
import { codes, driveRun, every, memoryJournal, value } from "./runs.ts";
import { testWorld } from "./world.ts";

const environment = "local";
const MINUTE = 60_000;
const person = (name: string): Principal => ({
  ...{ kind: "person", id: `https://id.test|${name}`, name, via: "https://id.test", scopes: null },
});
const [ann, bob] = [person("ann"), person("bob")];
const local: Asker = { local: { kind: "person", name: "root", via: "local account" } };

const asked = (journal: Journal, asker: Asker) => ({ journal, environment, asker, reason: "test" });
const stateOf = async (journal: Journal) => value(await readAccess(journal, environment)).state;
const historyOf = async (journal: Journal) => value(await journal.read(streams.access(environment)));

/** Lets somebody in as an administrator would: invited, and with the code. */
async function letIn(journal: Journal, who: Principal, role: Role): Promise<void> {
  const { code } = value(await invite({ ...asked(journal, local), name: who.name, role, lastsMs: MINUTE }));
  expect(value(await redeemInvitation({ journal, environment, person: who, code }))).toBe(role);
}

test("the first administrator is made once, also where two are made at the same moment", async () => {
  const journal = memoryJournal();
  const both = await Promise.all([ann, bob].map((one) => firstAdmin({ journal, environment, person: one })));
  expect(both.flatMap(codes)).toEqual(["BATON-ACCESS-CODE"]);
  const { people } = await stateOf(journal);
  expect([...people.values()].map(({ roles }) => roles.toArray())).toEqual([["admin"]]);
});

test("an invitation lets one person in, once, however the code is typed; the journal does not hold it", async () => {
  const journal = memoryJournal();
  const made = value(
    await invite({ ...asked(journal, local), name: "Bob", role: "approver", lastsMs: MINUTE }),
  );
  const typed = ` ${made.code.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l")}`;
  expect(codes(await redeemInvitation({ journal, environment, person: bob, code: "0000-0000" }))).toEqual([
    "BATON-ACCESS-CODE",
  ]);
  const both = await Promise.all(
    [ann, bob].map((one) => redeemInvitation({ journal, environment, person: one, code: typed })),
  );
  expect(both.flatMap(codes)).toEqual(["BATON-ACCESS-CODE"]);
  expect(JSON.stringify(await historyOf(journal))).not.toContain(made.code);
});

test("an invitation that was taken back or is too old opens nothing", async () => {
  const journal = memoryJournal();
  const open = { ...asked(journal, local), name: "Bob", role: "viewer" as const };
  const made = value(await invite({ ...open, lastsMs: MINUTE }));
  value(await revokeInvitation({ ...asked(journal, local), invitation: made.invitation }));
  expect(codes(await revokeInvitation({ ...asked(journal, local), invitation: made.invitation }))).toEqual([
    "BATON-ACCESS-NO-INVITATION",
  ]);
  expect(codes(await redeemInvitation({ journal, environment, person: bob, code: made.code }))).toEqual([
    "BATON-ACCESS-CODE",
  ]);
  expect(codes(await invite({ ...open, lastsMs: 0 }))).toEqual(["BATON-ACCESS-EXPIRY"]);
  expect(codes(await invite({ ...open, lastsMs: 8 * 24 * 60 * MINUTE }))).toEqual(["BATON-ACCESS-EXPIRY"]);
});

test("only an administrator changes who may do what, and never leaves none", async () => {
  const journal = memoryJournal();
  value(await firstAdmin({ journal, environment, person: ann }));
  await letIn(journal, bob, "operator");
  const before = (await historyOf(journal)).length;
  const byBob = asked(journal, { principal: bob });
  const forbidden = [
    await grantRole({ ...byBob, person: bob.id, role: "admin" }),
    await revokeRole({ ...byBob, person: ann.id, role: "admin" }),
    await invite({ ...byBob, name: "x", role: "viewer", lastsMs: MINUTE }),
    await createToken({ ...byBob, name: "ci", scopes: ["view"], lastsMs: MINUTE }),
    await revokeToken({ ...byBob, token: "token-1" }),
  ];
  expect(forbidden.flatMap(codes)).toEqual(forbidden.map(() => "BATON-ACCESS-FORBIDDEN"));
  const byAnn = asked(journal, { principal: ann });
  expect(codes(await revokeRole({ ...byAnn, person: ann.id, role: "admin" }))).toEqual([
    "BATON-ACCESS-LAST-ADMIN",
  ]);
  expect(codes(await revokeRole({ ...byAnn, person: bob.id, role: "admin" }))).toEqual([
    "BATON-ACCESS-NO-ROLE",
  ]);
  expect(codes(await grantRole({ ...byAnn, person: "x|y", role: "viewer" }))).toEqual([
    "BATON-ACCESS-NO-PERSON",
  ]);
  expect(await historyOf(journal)).toHaveLength(before);
  value(await grantRole({ ...byAnn, person: bob.id, role: "admin" }));
  value(await revokeRole({ ...byAnn, person: ann.id, role: "admin" }));
  const last = (await historyOf(journal)).at(-1);
  expect(last).toMatchObject({ type: "access.revoked", data: { by: actorOf(ann), reason: "test" } });
});

test("a token is journaled as its hash, bounded by its maker, and ends when it is revoked", async () => {
  const journal = memoryJournal();
  value(await firstAdmin({ journal, environment, person: ann }));
  await letIn(journal, bob, "admin");
  const byAnn = asked(journal, { principal: ann });
  const made = value(
    await createToken({ ...byAnn, name: "ci", scopes: ["operate", "view", "view"], lastsMs: MINUTE }),
  );
  expect(made.token).toMatch(/^baton_[\w-]{43}$/);
  expect(JSON.stringify(await historyOf(journal))).not.toContain(made.token);
  const now = value(await journal.now());
  const token: Principal = { kind: "token", id: made.id, name: "ci", via: "service token", scopes: null };
  expect(can(await stateOf(journal), token, "operate", now)).toBe(true);
  value(await revokeRole({ ...asked(journal, { principal: bob }), person: ann.id, role: "admin" }));
  expect(can(await stateOf(journal), token, "view", now)).toBe(false);
  const byBob = asked(journal, { principal: bob });
  value(await grantRole({ ...byBob, person: ann.id, role: "operator" }));
  expect(can(await stateOf(journal), token, "operate", now)).toBe(true);
  value(await revokeToken({ ...byBob, token: made.id }));
  value(await revokeToken({ ...byBob, token: made.id }));
  expect(can(await stateOf(journal), token, "view", now)).toBe(false);
});

test("an event of a newer Baton lets nobody in, rather than passing over what it took", async () => {
  const journal = memoryJournal();
  value(await firstAdmin({ journal, environment, person: ann }));
  const event = { type: "access.suspended", version: 1, data: { person: ann.id } };
  value(
    await journal.append([{ stream: streams.access(environment), expectedSeq: null, events: [event] }], null),
  );
  expect(codes(await readAccess(journal, environment))).toEqual(["BATON-ACCESS-NEWER"]);
  expect(codes(await firstAdmin({ journal, environment, person: bob }))).toEqual(["BATON-ACCESS-NEWER"]);
});

const plan = aPlan({ steps: [{ id: "main.gate", kind: "gate.approval" }] });
const approving = (journal: Journal, run: string, principal: Principal, separationOfDuties = true) => ({
  ...{ journal, run, by: actorOf(principal), approver: { principal, separationOfDuties } },
});

/** An environment where ann and bob may approve, and a run that `by` opened. */
async function opened(by: Actor) {
  const journal = memoryJournal();
  await letIn(journal, ann, "admin");
  await letIn(journal, bob, "approver");
  return { journal, run: value(await openRun({ journal, plan, by })) };
}

test("who opened a run approves neither its plan nor its gate; another person does, and is recorded", async () => {
  const { journal, run } = await opened(actorOf(ann));
  const { hash: planHash } = plan;
  expect(codes(await approve({ ...approving(journal, run, ann), planHash }))).toEqual([
    "BATON-APPROVAL-AUTHOR",
  ]);
  value(await approve({ ...approving(journal, run, bob), planHash }));
  const performers = every(testWorld("gate.approval").performer);
  value(await driveRun({ journal, run, performers, until: "wait" }));
  const gate = { step: "main.gate", planHash };
  expect(codes(await approveGate({ ...approving(journal, run, ann), ...gate }))).toEqual([
    "BATON-APPROVAL-AUTHOR",
  ]);
  expect(codes(await approveGate({ ...approving(journal, run, bob), ...gate, planHash: "old" }))).toEqual([
    "BATON-APPROVAL-HASH",
  ]);
  value(await approveGate({ ...approving(journal, run, bob), ...gate }));
  const said = value(await journal.read(streams.control(run)));
  expect(said.map(({ type, data }) => [type, data])).toMatchObject([
    ["run.approved", { by: { kind: "person", name: "bob", id: bob.id, via: bob.via } }],
    ["hold.approved", { by: { id: bob.id } }],
  ]);
});

test("where separation of duties is off, whoever opened a run may approve it, with the right to", async () => {
  const { journal, run } = await opened(actorOf(ann));
  value(await approve({ ...approving(journal, run, ann, false), planHash: plan.hash }));
});

test("an approval for another plan, without the right, or by a token is refused and leaves nothing behind", async () => {
  const { journal, run } = await opened(actorOf(ann));
  const token: Principal = { kind: "token", id: bob.id, name: "ci", via: "service token", scopes: null };
  const refused = [
    await approve({ ...approving(journal, run, bob), planHash: "f".repeat(64) }),
    await approve({ ...approving(journal, run, person("eve")), planHash: plan.hash }),
    await approve({ ...approving(journal, run, token), planHash: plan.hash }),
  ];
  expect(refused.flatMap(codes)).toEqual([
    "BATON-APPROVAL-HASH",
    "BATON-ACCESS-FORBIDDEN",
    "BATON-ACCESS-FORBIDDEN",
  ]);
  expect(value(await journal.read(streams.control(run)))).toEqual([]);
});

test("a right that is taken in the moment of the approval takes the approval along", async () => {
  const { journal, run } = await opened(actorOf(ann));
  let taken = false;
  const late: Journal = {
    ...journal,
    append: async (batch, lease) => {
      if (!taken) {
        taken = true;
        value(await revokeRole({ ...asked(journal, { principal: ann }), person: bob.id, role: "approver" }));
      }
      return journal.append(batch, lease);
    },
  };
  expect(codes(await approve({ ...approving(late, run, bob), planHash: plan.hash }))).toEqual([
    "BATON-ACCESS-FORBIDDEN",
  ]);
  expect(value(await journal.read(streams.control(run)))).toEqual([]);
});

test("who paused a run is recorded with their identity, also in what is read back of it", async () => {
  const { journal, run } = await opened(actorOf(ann));
  value(await approve({ ...approving(journal, run, bob), planHash: plan.hash }));
  value(await requestPause({ journal, run, by: actorOf(bob), reason: "look" }));
  const last = value(await journal.read(streams.control(run))).at(-1);
  expect(last?.data).toMatchObject({ by: actorOf(bob), reason: "look" });
});
