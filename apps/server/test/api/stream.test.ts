import { requestPause, requestResume, revokeRole } from "@baton/conductor";
import type { StreamMessage } from "@baton/contracts";
import { StreamSummary } from "@baton/contracts";
import { aPlan } from "@baton/testkit/builders/index";
import { afterAll, beforeAll, expect, test } from "vitest";
import { soon } from "../soon.ts";
import { driveHere } from "./drive-here.ts";
import {
  ada,
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

let releases = 0;
/** A run that locks nothing of the others here. */
function plan() {
  releases++;
  return aPlan({
    release: `R${releases + 20}`,
    steps: [{ id: "main.one", input: { service: `s${releases}`, version: "1.0.0" } }],
  });
}

/** All that a stream has said so far, and a way to wait for more. */
function watch(messages: AsyncGenerator<StreamMessage>) {
  const seen: StreamMessage[] = [];
  const done = (async () => {
    for await (const message of messages) seen.push(message);
  })();
  const summaries = () =>
    seen.filter(({ event }) => event === "summary").map(({ data }) => StreamSummary.parse(data));
  return {
    seen,
    done,
    events: () => seen.filter(({ event }) => event !== "summary").map(({ id }) => Number(id)),
    summaries,
    until: async (what: () => boolean) => expect(await soon(what)).toBe(true),
  };
}

const positions = async (run: string) =>
  value(await server.journal.read(`run/${run}`)).map(({ position }) => position);
const say = async (run: string, times: number) => {
  for (let at = 0; at < times; at++) {
    value(await requestPause({ journal: server.journal, run, by: ada, reason: `pause ${at}` }));
    value(await requestResume({ journal: server.journal, run, by: ada }));
  }
};

test("whoever looks on gets the present, then every event under its type as it is journaled, and summaries", async () => {
  const api = await server.program(["view"]);
  const run = await openedRun(server.journal, plan());
  const stop = new AbortController();
  const stream = watch(api.follow("streamRun", { params: { environment, run } }, stop));
  await stream.until(() => stream.summaries().length > 0);
  expect(stream.summaries()[0]).toMatchObject({ state: "known", run: { run, status: "opened" } });
  const present = Number(stream.seen[0]?.id);
  await driveHere(server.journal, run);
  const all = await positions(run);
  await stream.until(() => stream.events().at(-1) === all.at(-1));
  expect(stream.events()).toEqual(all.filter((position) => position > present));
  expect(stream.seen.map(({ event }) => event)).toContain("step.started");
  await stream.until(() => stream.summaries().at(-1)?.run?.outcome === "succeeded");
  stop.abort();
  await stream.done;
});

test("through restarts of the server nobody misses an event, and none comes twice", async () => {
  const api = await server.program(["view"]);
  const run = await openedRun(server.journal, plan());
  const stop = new AbortController();
  const stream = watch(api.follow("streamRun", { params: { environment, run }, query: { after: 0 } }, stop));
  await stream.until(() => stream.events().length === 2);
  await say(run, 3);
  const restarting = server.restart();
  await say(run, 5);
  await restarting;
  await say(run, 3);
  await server.restart();
  await say(run, 1);
  const all = await positions(run);
  await stream.until(() => stream.events().length >= all.length);
  expect(stream.events()).toEqual(all);
  stop.abort();
  await stream.done;
});

test("while the database is gone nothing is told as known; when it is back all that was missed comes", async () => {
  const api = await server.program(["view"]);
  const run = await openedRun(server.journal, plan());
  const params = { environment, run };
  const stop = new AbortController();
  const stream = watch(api.follow("streamRun", { params }, stop));
  await stream.until(() => stream.summaries().at(-1)?.state === "known");
  const present = Number(stream.seen[0]?.id);
  server.gate.shut();
  await stream.until(() => stream.summaries().at(-1)?.state === "unknown");
  expect(stream.summaries().at(-1)).toMatchObject({
    run: null,
    problem: { code: "BATON-JOURNAL-UNREACHABLE" },
  });
  const refused = await api.getRun({ params });
  expect(codesOf(refused)).toEqual(["BATON-JOURNAL-UNREACHABLE"]);
  expect((await fetch(`${server.url}/ready`)).status).toBe(503);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  await say(run, 2);
  server.gate.open();
  await stream.until(() => stream.summaries().at(-1)?.state === "known");
  await stream.until(() => stream.summaries().at(-1)?.run?.position === stream.events().at(-1));
  expect(stream.events()).toEqual((await positions(run)).filter((position) => position > present));
  expect(value(await api.getRun({ params })).run).toBe(run);
  stop.abort();
  await stream.done;
});

test("a stream is refused to whoever may not look on", async () => {
  const run = await openedRun(server.journal, plan());
  const params = { environment, run };
  const heard: string[] = [];
  const stranger = server.anonymous();
  const { signal } = new AbortController();
  const onTrouble = ({ code }: { code: string }) => void heard.push(code);
  for await (const _ of stranger.follow("streamRun", { params }, { signal, onTrouble }));
  expect(heard).toEqual(["BATON-ACCESS-SIGN-IN"]);
});

test("a stream is ended for whoever may not look on any more: signed out, or without the role", async () => {
  const run = await openedRun(server.journal, plan());
  const path = `/v1/environments/${environment}/runs/${run}/stream`;
  /** Opens a stream with a browser's cookies, and gives what resolves when it has ended. */
  const look = async (name: string) => {
    await server.person(name, "viewer");
    const cookie = [...server.browserOf(name).cookies].map(([key, secret]) => `${key}=${secret}`).join("; ");
    const open = await fetch(`${server.url}${path}`, { headers: { cookie } });
    expect(open.status).toBe(200);
    return { ended: open.text() };
  };
  const [leaves, demoted, stays] = [await look("lea"), await look("dee"), await look("sam")];
  let over = false;
  void stays.ended.then(() => {
    over = true;
  });
  expect((await server.browserOf("lea").post("/auth/logout", {})).status).toBe(204);
  await leaves.ended;
  const asked = { environment, person: "built-in|dee", role: "viewer" as const, reason: "test" };
  value(await revokeRole({ ...asked, journal: server.journal, asker: { local: ada } }));
  await demoted.ended;
  expect(over).toBe(false);
});

test("a server that stops ends its streams with a word on when to come back", async () => {
  const { token } = await server.program(["view"]);
  const run = await openedRun(server.journal, plan());
  const path = `/v1/environments/${environment}/runs/${run}/stream`;
  const open = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(open.headers.get("content-type")).toContain("text/event-stream");
  expect(open.headers.get("content-security-policy")).toContain("default-src 'self'");
  const text = open.text();
  await server.restart();
  expect(await text).toMatch(/retry: \d+\n: the server stops\n\n$/);
});
