import { aPlan } from "@baton/testkit/builders/index";
import { afterAll, beforeAll, expect, test } from "vitest";
import { soon } from "../soon.ts";
import { driveHere } from "./drive-here.ts";
import {
  codesOf,
  environment,
  openedRun,
  type PlatformServer,
  platformServer,
  value,
} from "./platform-server.ts";

let server: PlatformServer;
beforeAll(async () => {
  server = await platformServer();
});
afterAll(() => server.stop());

/** Runs of different releases lock different things here, so that many can be open at once. */
let releases = 0;
const planOf = (service: string) => {
  releases++;
  const name = `${service}-${releases}`;
  return aPlan({
    release: `R${releases + 10}`,
    holds: ["hold"],
    steps: [
      { id: "main.deploy", input: { service: name, version: "1.0.0" } },
      {
        id: "hold.gate",
        kind: "gate.approval",
        undo: "inert",
        after: ["main.deploy"],
        input: { role: "approver" },
      },
      { id: "late.last", after: ["hold.gate"], input: { service: name, version: "2.0.0" } },
    ],
  });
};
const controls = async (run: string) =>
  value(await server.journal.read(`run/${run}/control`)).map(({ type, data }) => ({
    type,
    ...(data as object),
  }));

test("one person opens a run of the plan they looked at, another approves it, and then it is driven", async () => {
  const [olga, pia] = [await server.person("olga", "operator"), await server.person("pia", "approver")];
  const { plan } = value(await olga.planRelease({ params: { environment, release: "R2" } }));
  const stale = { planHash: "0".repeat(64) };
  const params = { environment, release: "R2" };
  expect(codesOf(await olga.openRun({ params, body: stale }))).toEqual(["BATON-APPROVAL-HASH"]);
  expect(codesOf(await pia.openRun({ params, body: { planHash: plan.hash } }))).toEqual([
    "BATON-ACCESS-FORBIDDEN",
  ]);
  const opened = value(await olga.openRun({ params, body: { planHash: plan.hash } }));
  const { run } = opened.run;
  expect(opened.run).toMatchObject({ status: "opened", approvedBy: null, openedBy: { name: "olga" } });
  expect(server.launched).not.toContain(run);
  const of = { environment, run };
  expect(codesOf(await olga.approveRun({ params: of, body: { planHash: plan.hash } }))).toEqual([
    "BATON-ACCESS-FORBIDDEN",
  ]);
  expect(codesOf(await pia.approveRun({ params: of, body: stale }))).toEqual(["BATON-APPROVAL-HASH"]);
  const approved = value(await pia.approveRun({ params: of, body: { planHash: plan.hash } }));
  expect(approved).toMatchObject({
    launched: true,
    run: { approvedBy: { name: "pia", id: "built-in|pia" } },
  });
  expect(server.launched.filter((one) => one === run)).toHaveLength(1);
  const blocked = value(await olga.listReleases({ params: { environment } })).items;
  expect(blocked.find(({ release }) => release === "R2")?.state).toBe("under-way");
  value(await olga.abortRun({ params: of, body: { reason: "the test is over" } }));
  await driveHere(server.journal, run);
});

test("whoever opened a run does not approve it, whatever their role, and is told so in the preview", async () => {
  const root = await server.person("adam", "admin");
  const params = { environment, release: "R2" };
  const blockers = value(await root.listReleases({ params: { environment } }));
  const free = blockers.items.find(({ release }) => release === "R2");
  const supersede = free?.state === "under-way";
  const { plan } = value(
    await root.planRelease({ params, query: { supersede: supersede ? "true" : "false" } }),
  );
  const opened = await root.openRun({ params, body: { planHash: plan.hash, supersede } });
  const { run } = value(opened).run;
  const of = { environment, run };
  const hash = value(opened).run.planHash;
  expect(codesOf(await root.approveRun({ params: of, body: { planHash: hash } }))).toEqual([
    "BATON-APPROVAL-AUTHOR",
  ]);
  const preview = value(await root.previewAction({ params: { ...of, action: "approve" } }));
  expect(preview).toMatchObject({ permitted: true, refusal: { code: "BATON-APPROVAL-AUTHOR" } });
  expect(await controls(run)).toEqual([]);
  value(await root.abortRun({ params: of, body: { reason: "the test is over" } }));
  await driveHere(server.journal, run);
});

test("pause, resume, gate, rollback: each is journaled with who said it and why, and shows in the run at once", async () => {
  const olga = await server.person("otto", "operator");
  const pia = await server.person("paul", "approver");
  const plan = planOf("gateway");
  const run = await openedRun(server.journal, plan);
  const params = { environment, run };
  const paused = value(await olga.pauseRun({ params, body: { reason: "look at the graphs" } }));
  expect(paused).toMatchObject({
    launched: false,
    run: { paused: { reason: "look at the graphs", by: { name: "otto", via: "built-in" } } },
  });
  expect(codesOf(await olga.pauseRun({ params, body: { reason: "again" } }))).toEqual(["BATON-RUN-PAUSED"]);
  expect(value(await olga.resumeRun({ params, body: {} }))).toMatchObject({
    launched: true,
    run: { paused: null },
  });
  const early = pia.approveGate({ params, body: { step: "hold.gate", planHash: plan.hash } });
  expect(codesOf(await early)).toEqual(["BATON-RUN-NO-APPROVAL"]);
  await driveHere(server.journal, run);
  const gate = value(await pia.previewAction({ params: { ...params, action: "approve-gate" } }));
  expect(gate.steps.map(({ step }) => step)).toEqual(["late.last"]);
  value(await pia.approveGate({ params, body: { step: "hold.gate", planHash: plan.hash } }));
  const back = value(await olga.previewAction({ params: { ...params, action: "rollback" } }));
  expect(back.steps).toMatchObject([{ step: "main.deploy", what: "is-undone" }]);
  const asked = value(await olga.rollbackRun({ params, body: { reason: "p99 is too high" } }));
  expect(asked.run.rollback).toMatchObject({ reason: "p99 is too high", by: { name: "otto" } });
  await driveHere(server.journal, run);
  // Driven elsewhere: the server hears of it a moment later.
  expect(await soon(async () => value(await olga.getRun({ params })).outcome === "rolled-back")).toBe(true);
  expect((await controls(run)).map(({ type }) => type)).toEqual([
    "run.approved",
    "run.paused",
    "run.resumed",
    "hold.approved",
    "run.rollback-requested",
  ]);
});

test("every action that the state does not allow is refused as its preview says, and changes nothing", async () => {
  const olga = await server.person("oona", "operator");
  const run = await openedRun(server.journal, planOf("quiet"));
  const params = { environment, run };
  const before = await controls(run);
  const body = { reason: "x" };
  const tried = {
    resume: await olga.resumeRun({ params, body: {} }),
    retry: await olga.retryRun({ params, body: {} }),
    skip: await olga.skipStep({ params, body: { step: "main.deploy", reason: "x" } }),
    done: await olga.declareDone({ params, body: { step: "main.nothing", evidence: "x" } }),
    "rollback-tenant": await olga.rollbackTenant({ params: { ...params, tenant: "t9" }, body }),
  } as const;
  for (const [action, result] of Object.entries(tried)) {
    const query =
      action === "skip" ? { step: "main.deploy" } : action === "done" ? { step: "main.nothing" } : {};
    const preview = value(
      await olga.previewAction({
        params: { ...params, action: action as keyof typeof tried },
        query: action === "rollback-tenant" ? { tenant: "t9" } : query,
      }),
    );
    expect([action, ...codesOf(result)]).toEqual([action, preview.refusal?.code]);
  }
  expect(codesOf(await olga.previewAction({ params: { ...params, action: "skip" } }))).toEqual([
    "BATON-API-INPUT",
  ]);
  expect(await controls(run)).toEqual(before);
});

test("sent again under its key, a request is done once and answered the same; another one under the key is refused", async () => {
  const olga = await server.person("orla", "operator");
  const other = await server.person("omar", "operator");
  const run = await openedRun(server.journal, planOf("keyed"));
  const params = { environment, run };
  const key = { idempotencyKey: "pause-1" };
  const first = value(await olga.pauseRun({ params, body: { reason: "once" } }, key));
  value(await olga.resumeRun({ params, body: {} }, { idempotencyKey: "resume-1" }));
  // The run goes on since: done again, it would be paused again.
  expect(value(await olga.pauseRun({ params, body: { reason: "once" } }, key))).toEqual(first);
  expect(codesOf(await olga.pauseRun({ params, body: { reason: "twice" } }, key))).toEqual([
    "BATON-API-KEY-REUSED",
  ]);
  expect(codesOf(await olga.abortRun({ params, body: { reason: "once" } }, key))).toEqual([
    "BATON-API-KEY-REUSED",
  ]);
  // A key is its sender's own.
  expect(codesOf(await other.resumeRun({ params, body: {} }, key))).toEqual(["BATON-RUN-NOT-PAUSED"]);
  // What was refused left no trace, and may be tried again.
  value(await olga.pauseRun({ params, body: { reason: "now" } }));
  expect(codesOf(await other.resumeRun({ params, body: {} }, key))).toEqual([]);
  expect((await controls(run)).map(({ type }) => type)).toEqual([
    "run.approved",
    "run.paused",
    "run.resumed",
    "run.paused",
    "run.resumed",
  ]);
});

test("of many that come at once under one key, one is done", async () => {
  const olga = await server.person("olaf", "operator");
  const run = await openedRun(server.journal, planOf("crowd"));
  const params = { environment, run };
  const all = await Promise.all(
    Array.from({ length: 8 }, () =>
      olga.pauseRun({ params, body: { reason: "together" } }, { idempotencyKey: "crowd-1" }),
    ),
  );
  expect(all.filter(({ ok }) => ok).length).toBeGreaterThan(0);
  expect([...new Set(all.flatMap(codesOf))].filter((code) => code !== "BATON-API-KEY-BUSY")).toEqual([]);
  expect((await controls(run)).filter(({ type }) => type === "run.paused")).toHaveLength(1);
});

test("a token in an answer is shown once and kept nowhere, not even under its key", async () => {
  const root = await server.person("anja", "admin");
  const params = { environment };
  const body = { name: "ci", scopes: ["view" as const], lastsMs: 3_600_000, reason: "for the pipeline" };
  const made = value(await root.createToken({ params, body }, { idempotencyKey: "token-1" }));
  expect(made.token).toMatch(/^baton_/);
  expect(codesOf(await root.createToken({ params, body }, { idempotencyKey: "token-1" }))).toEqual([
    "BATON-API-KEY-SPENT",
  ]);
  const tokens = value(await root.listTokens({ params })).items;
  expect(tokens.filter(({ name, status }) => name === "ci" && status === "live")).toHaveLength(1);
  const events = JSON.stringify(value(await server.journal.read(`access/${environment}`)));
  expect(events).not.toContain(made.token);
  value(await root.revokeToken({ params: { ...params, token: made.id }, body: { reason: "over" } }));
  expect(value(await root.listTokens({ params })).items.find(({ token }) => token === made.id)?.status).toBe(
    "revoked",
  );
});

test("nobody is asked to drive a run that somebody drives", async () => {
  const olga = await server.person("oleg", "operator");
  const run = await openedRun(server.journal, planOf("driven"));
  const lease = value(await server.journal.acquire(`run/${run}`, "elsewhere", 60_000));
  const answer = value(await olga.driveRun({ params: { environment, run }, body: {} }));
  expect(answer).toMatchObject({ launched: false, run: { drivenBy: { owner: "elsewhere" } } });
  value(await server.journal.release(lease));
  expect(value(await olga.driveRun({ params: { environment, run }, body: {} })).launched).toBe(true);
  expect(server.launched.filter((one) => one === run)).toHaveLength(1);
});
