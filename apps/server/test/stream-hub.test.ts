import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openRun, requestPause, requestResume } from "@baton/conductor";
import { createClient } from "@baton/contracts";
import type { Actor, Journal } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { type Follower, type FollowerListener, followJournal } from "../src/live/follower.ts";
import { createStreamHub } from "../src/live/stream-hub.ts";
import { soon } from "./soon.ts";

const ada: Actor = { kind: "person", name: "ada", via: "test" };
const problem = { code: "BATON-TEST-NONE", message: "No summary.", remedy: "None." } as const;

/** A hub behind a real connection, one stream of a run from its beginning, and the positions that came over it. */
async function watching(run: string, journal: Journal, follower: Follower) {
  const hub = createStreamHub({ journal, follower, summaries: async () => ({ problem }), beatMs: 60_000 });
  const http = createServer((_, out) => {
    out.writeHead(200, { "content-type": "text/event-stream" });
    void hub.open({ environment: "local", run, after: 0, out, mayGoOn: async () => true });
  });
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const stop = new AbortController();
  const seen: number[] = [];
  let greeted = false;
  const following = (async () => {
    const params = { environment: "local", run };
    for await (const { id, event } of createClient({ baseUrl }).follow("streamRun", { params }, stop)) {
      if (event === "summary") greeted = true;
      else seen.push(Number(id));
    }
  })();
  return {
    seen,
    greeted: () => greeted,
    stop: async () => {
      stop.abort();
      await following;
      hub.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

async function openedRun(): Promise<{ journal: Journal; run: string }> {
  const journal = createMemoryJournal({ now: Date.now });
  const opened = await openRun({
    journal,
    plan: aPlan({ steps: [{ id: "a.b" }] }),
    by: ada,
    approvedBy: ada,
  });
  if (!opened.ok) throw new Error("the run cannot be opened");
  return { journal, run: opened.value };
}

const positions = async (journal: Journal, run: string): Promise<readonly number[]> => {
  const all = await journal.read(`run/${run}`);
  return all.ok ? all.value.map(({ position }) => position) : [];
};

test("whoever has read up to the present is not sent again what the server hears of later", async () => {
  const { journal, run } = await openedRun();
  // A server that lags behind the journal, and hears of it when the test says so.
  const listeners: FollowerListener[] = [];
  const behind: Follower = {
    position: 0,
    trouble: null,
    now: () => 0,
    on: (listener) => {
      listeners.push(listener);
      return () => undefined;
    },
    catchUp: async () => ({ ok: true, value: undefined }),
    stop: async () => undefined,
  };
  const viewer = await watching(run, journal, behind);
  expect(await soon(viewer.greeted)).toBe(true);
  await requestPause({ journal, run, by: ada, reason: "look" });
  const all = await journal.read("");
  for (const listener of listeners) listener.events?.(all.ok ? all.value : []);
  const expected = await positions(journal, run);
  await soon(() => viewer.seen.at(-1) === expected.at(-1));
  expect(viewer.seen).toEqual(expected);
  await viewer.stop();
});

test("what is journaled while a viewer reads up comes once, in its place", async () => {
  const { journal, run } = await openedRun();
  const say = async () => {
    await requestPause({ journal, run, by: ada, reason: "look" });
    await requestResume({ journal, run, by: ada });
  };
  const follower = await followJournal(journal);
  if (!follower.ok) throw new Error("the journal cannot be followed");
  // While the viewer reads its first page more is journaled: some of it the server has heard of, some of it not yet.
  let reads = 0;
  const busy: Journal = {
    ...journal,
    read: async (prefix, after, limit) => {
      reads++;
      if (reads === 1) {
        await say();
        await follower.value.catchUp();
      }
      const page = await journal.read(prefix, after, limit);
      if (reads === 1) {
        await say();
        await follower.value.catchUp();
      }
      return page;
    },
  };
  const viewer = await watching(run, busy, follower.value);
  await soon(() => viewer.seen.length >= 6);
  await say();
  const expected = await positions(journal, run);
  await soon(() => viewer.seen.at(-1) === expected.at(-1));
  expect(viewer.seen).toEqual(expected);
  await viewer.stop();
  await follower.value.stop();
});
