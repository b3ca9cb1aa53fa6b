import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { createWaiters, type Waiters } from "../waiters.ts";
import type { Database } from "./database.ts";
import { isBehind } from "./events.ts";

/** Tells waiters of appends by LISTEN on a connection of its own, which is made when the first one waits. */
export interface Listener {
  changed(prefix: string, position: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

const longestPauseMs = 2000;

export function createListener(database: Database): Listener {
  const waiters = createWaiters();
  const closed = new AbortController();
  let client: Client | null = null;
  let connecting = false;

  /** Connects, and connects again while anybody waits. After each connect all waiters look for what they missed. */
  async function connect(): Promise<void> {
    if (connecting || client !== null) return;
    connecting = true;
    for (let wait = 50; !closed.signal.aborted; wait = Math.min(wait * 2, longestPauseMs)) {
      if (await listen()) break;
      if (waiters.waiting().length === 0) break;
      await pause(wait, undefined, { signal: closed.signal }).catch(() => undefined);
    }
    connecting = false;
  }

  async function listen(): Promise<boolean> {
    const next = new Client(database.config);
    next.on("notification", (message) => {
      void deliver(waiters, database, message.payload ?? "");
    });
    const lost = () => {
      if (client !== next) return;
      client = null;
      if (waiters.waiting().length > 0) void connect();
    };
    next.on("error", lost);
    next.on("end", lost);
    try {
      await next.connect();
      await next.query("listen baton_journal");
    } catch {
      await next.end().catch(() => undefined);
      return false; // the caller tries again; a reader learns of the trouble from its next read
    }
    if (closed.signal.aborted) {
      await next.end().catch(() => undefined);
      return false;
    }
    client = next;
    for (const waiter of waiters.waiting()) void look(database, waiter);
    return true;
  }

  return {
    changed: async (prefix, position, timeoutMs, signal) => {
      if (closed.signal.aborted) return false;
      const woken = waiters.wait(prefix, position, timeoutMs, signal);
      const waiter = waiters.waiting().at(-1);
      // Listening first and looking second leaves no gap in which an append could go unseen.
      if (client === null) void connect();
      else if (waiter !== undefined) void look(database, waiter);
      return woken;
    },
    close: async () => {
      closed.abort();
      waiters.dismiss();
      await client?.end().catch(() => undefined);
    },
  };
}

type Waiter = ReturnType<Waiters["waiting"]>[number];

async function look(database: Database, waiter: Waiter): Promise<void> {
  const behind = await isBehind(database, waiter.prefix, waiter.position);
  if (behind.ok && behind.value) waiter.wake(true);
}

/** The payload is the last position and the streams, a line each; without streams there were too many to name. */
async function deliver(waiters: Waiters, database: Database, payload: string): Promise<void> {
  const [position, ...streams] = payload.split("\n").filter((line) => line !== "");
  const uncertain = waiters.appended(streams.length === 0 ? null : streams, Number(position));
  await Promise.all(uncertain.map((waiter) => look(database, waiter)));
}
