import type { Problem, Result } from "@baton/core";
import { type Message, readMessages } from "./read-messages.ts";

/** One event of a stream, its data read. */
export interface StreamMessage {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

export interface FollowOptions {
  /** Opens the stream behind an id, or at its beginning. */
  readonly open: (lastEventId: string | null) => Promise<Result<Response>>;
  readonly signal: AbortSignal;
  /** Called when the connection is lost or cannot be made, before it is tried again. */
  readonly onTrouble?: (problem: Problem) => void;
}

/** The first wait before a new try, doubled up to the longest; the server's own hint takes the place of the first. */
const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * Follows a stream through lost connections: each time it goes on behind the last event that arrived, so none is missed and none
 * comes twice. Ends with the signal, or when the server says that asking again is of no use (a refusal).
 */
export async function* followStream({
  open,
  signal,
  onTrouble,
}: FollowOptions): AsyncGenerator<StreamMessage> {
  let last: string | null = null;
  let hint = FIRST_MS;
  for (let wait = hint; !signal.aborted; wait = Math.min(wait * 2, LONGEST_MS)) {
    const response = await open(last);
    if (response.ok && response.value.body !== null) {
      try {
        for await (const message of readMessages(response.value.body)) {
          wait = hint;
          if (message.retry !== null) hint = message.retry;
          if (message.id !== null) last = message.id;
          if (message.data !== "") yield toStreamMessage(message);
        }
      } catch (error) {
        if (signal.aborted) return;
        onTrouble?.(lost(error instanceof Error ? error.message : String(error)));
      }
    } else if (!response.ok) {
      const [first] = response.problems;
      if (first !== undefined) onTrouble?.(first);
      if (response.problems.every(({ code }) => isFinal(code))) return;
    }
    if (!signal.aborted) await pause(wait, signal);
  }
}

/** Nobody is let in, or there is no such thing: that does not change by itself. */
const isFinal = (code: Problem["code"]): boolean =>
  /^BATON-(ACCESS-(SIGN-IN|FORBIDDEN)|RUN-UNKNOWN|API-(?!UNREACHABLE))/.test(code);

const toStreamMessage = ({ id, event, data }: Message): StreamMessage => ({
  id,
  event,
  data: JSON.parse(data),
});

const lost = (why: string): Problem => ({
  code: "BATON-API-UNREACHABLE",
  message: `The connection to the server was lost: ${why}.`,
  remedy: "It is taken up again by itself; nothing is missed.",
});

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
