import type { ServerResponse } from "node:http";
import { streams } from "@baton/conductor";
import type { Journal, StoredEvent } from "@baton/core";
import { type Channel, createChannel, type Summaries } from "./channel.ts";
import type { Follower } from "./follower.ts";
import { runOfStream } from "./run-store.ts";
import { drained, message, send, type Viewer } from "./viewer.ts";

export interface OpenStream {
  readonly environment: string;
  readonly run: string;
  /** Begin behind this position; null: behind the present. */
  readonly after: number | null;
  /** An answer whose head is written. */
  readonly out: ServerResponse;
  /** Asked again and again while the stream is open. */
  readonly mayGoOn: () => Promise<boolean>;
}

/** Open streams of runs: every event is read once, written as text once, and sent to all who look on. */
export interface StreamHub {
  readonly viewers: number;
  /** Resolves when the viewer is at the present; the stream goes on until it leaves or the server stops. */
  open(stream: OpenStream): Promise<void>;
  /** Ends every stream with a word on when to come back. */
  close(): void;
}

const PAGE = 500;
/** Shorter than what proxies wait before they take a connection for dead. */
export const BEAT_MS = 15_000;
/** When whoever was cut off by a stop should come back. */
export const RETRY_MS = 1_000;

export interface HubOptions {
  readonly journal: Journal;
  readonly follower: Follower;
  readonly summaries: Summaries;
  /** How often each viewer is told that the stream goes on, and asked whether they still may look. */
  readonly beatMs: number;
}

export function createStreamHub({ journal, follower, summaries, beatMs }: HubOptions): StreamHub {
  const channels = new Map<string, Channel>();
  let closed = false;
  const off = follower.on({
    events: (batch) => publish(channels, batch),
    trouble: (problem) => {
      for (const channel of channels.values()) channel.trouble(problem);
    },
  });
  const beat = setInterval(() => {
    for (const channel of channels.values()) channel.beat();
  }, beatMs);
  beat.unref();

  return {
    get viewers() {
      return [...channels.values()].reduce((sum, channel) => sum + channel.viewers.size, 0);
    },
    async open({ environment, run, after, out, mayGoOn }) {
      if (closed) return void out.end();
      const channel = channels.get(run) ?? createChannel(environment, run, summaries);
      channels.set(run, channel);
      // Looked on first and read up second, so that nothing falls between the two.
      const viewer: Viewer = { sent: after ?? follower.position, waiting: [], out };
      channel.join(viewer, mayGoOn);
      out.once("close", () => {
        channel.leave(viewer);
        if (channel.viewers.size === 0 && channels.get(run) === channel) {
          channel.stop();
          channels.delete(run);
        }
      });
      send(viewer, `retry: ${RETRY_MS}\n\n`);
      if (after !== null && !(await catchUp(journal, run, viewer))) return;
      for (const { position, text } of viewer.waiting ?? [])
        if (position > viewer.sent && send(viewer, text)) viewer.sent = position;
      viewer.waiting = null;
      await channel.greet(viewer, follower.trouble);
    },
    close() {
      closed = true;
      off();
      clearInterval(beat);
      for (const channel of channels.values()) {
        channel.stop();
        for (const viewer of channel.viewers) {
          send(viewer, `retry: ${RETRY_MS}\n: the server stops\n\n`);
          viewer.out.end();
        }
      }
      channels.clear();
    },
  };
}

/** Sends what was journaled since, page by page as it is taken. False: the viewer was cut off, and comes back. */
async function catchUp(journal: Journal, run: string, viewer: Viewer): Promise<boolean> {
  for (;;) {
    const page = await journal.read(streams.run(run), viewer.sent, PAGE);
    if (!page.ok) {
      viewer.out.destroy();
      return false;
    }
    for (const stored of page.value) {
      if (!send(viewer, eventText(stored))) return false;
      viewer.sent = stored.position;
    }
    if (page.value.length < PAGE) return true;
    await drained(viewer);
  }
}

/** Events of one run go out in one write for each viewer, however many there are. */
function publish(channels: ReadonlyMap<string, Channel>, batch: readonly StoredEvent[]): void {
  const byRun = new Map<string, StoredEvent[]>();
  for (const stored of batch) {
    const run = runOfStream(stored.stream);
    if (run === null || !channels.has(run)) continue;
    const there = byRun.get(run);
    if (there === undefined) byRun.set(run, [stored]);
    else there.push(stored);
  }
  for (const [run, events] of byRun) {
    const position = events.at(-1)?.position ?? 0;
    const written = events.map((stored) => ({ position: stored.position, text: eventText(stored) }));
    channels.get(run)?.publish(written, position);
  }
}

const eventText = (stored: StoredEvent): string => message(stored.type, stored, stored.position);
