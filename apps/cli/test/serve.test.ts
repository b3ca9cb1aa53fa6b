import { approve } from "@baton/conductor";
import { createClient, StreamSummary } from "@baton/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { baton, batonJson, freshState } from "./baton-process.ts";
import { lookAt, must } from "./live-platform.ts";

let dir: string;
let cleanup: () => Promise<void>;
beforeEach(async () => {
  ({ dir, cleanup } = await freshState());
});
afterEach(async () => {
  await cleanup();
}, 300_000);

const environment = "local";

test("a run that was asked for over the API goes on while the server is killed and comes back, and who looks on misses nothing", {
  timeout: 900_000,
}, async () => {
  expect((await batonJson(dir, ["up"])).code).toBe(0);
  const serve = () => baton(dir, ["serve", "--port", "0", "--json"]);
  let server = serve();
  await server.said(/"url":/);
  const told = () =>
    JSON.parse(server.stdout().split("\n")[0] ?? "") as {
      url: string;
      firstCode: string | null;
      pid: number;
    };
  expect(told().firstCode).toMatch(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/);
  const again = await batonJson(dir, ["serve", "--port", "0"]);
  expect(again).toMatchObject({ code: 3, value: { problems: [{ code: "BATON-START-RUNNING" }] } });

  const { value: made } = await batonJson(dir, [
    "token",
    "create",
    "ci",
    "--scope",
    "view",
    "--scope",
    "operate",
    "--expires",
    "1d",
  ]);
  const { token } = made as { token: string };
  const client = () =>
    createClient({ baseUrl: told().url, headers: () => ({ authorization: `Bearer ${token}` }) });
  const release = { environment, release: "R2" };
  const plan = must(await client().planRelease({ params: release })).plan;
  const run = must(await client().openRun({ params: release, body: { planHash: plan.hash } })).run.run;
  const params = { environment, run };

  // At the machine itself somebody approves; the server is asked that it be driven, and a process of its own does.
  const session = await lookAt(dir);
  try {
    const by = { kind: "person" as const, name: "ana", via: "local account" };
    must(await approve({ journal: session.journal, run, planHash: plan.hash, by }));
    expect(must(await client().driveRun({ params, body: {} })).launched).toBe(true);
    await expect
      .poll(async () => must(await client().getRun({ params })).drivenBy !== null, { timeout: 60_000 })
      .toBe(true);

    const stop = new AbortController();
    const seen: number[] = [];
    const follow = async () => {
      for await (const { id, event, data } of client().follow(
        "streamRun",
        { params, query: { after: 0 } },
        stop,
      )) {
        if (event === "summary") StreamSummary.parse(data);
        else seen.push(Number(id));
      }
    };
    let following = follow();
    await expect.poll(() => seen.length > 20, { timeout: 60_000 }).toBe(true);
    stop.abort();
    await following;
    process.kill(told().pid, "SIGKILL");
    await server.ended;
    const atKill = seen.length;
    await expect
      .poll(async () => must(await session.journal.read(`run/${run}`)).length > atKill, { timeout: 60_000 })
      .toBe(true);

    server = serve();
    await server.said(/"url":/);
    const more = new AbortController();
    following = (async () => {
      const query = { after: seen.at(-1) ?? 0 };
      for await (const { id, event } of client().follow("streamRun", { params, query }, more))
        if (event !== "summary") seen.push(Number(id));
    })();
    must(await client().rollbackRun({ params, body: { reason: "the test is over" } }));
    await expect
      .poll(async () => must(await client().getRun({ params })).outcome, { timeout: 120_000 })
      .toBe("rolled-back");
    const all = must(await session.journal.read(`run/${run}`)).map(({ position }) => position);
    await expect.poll(() => seen.length >= all.length, { timeout: 20_000 }).toBe(true);
    expect(seen).toEqual(all);
    more.abort();
    await following;
  } finally {
    await session.journal.close();
  }
  const down = await batonJson(dir, ["down"]);
  expect(down).toMatchObject({ code: 0 });
  expect(await server.ended).toBe(0);
});
