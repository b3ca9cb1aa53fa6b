import type { VerificationBody } from "@baton/contracts";
import { isIntact } from "@baton/core";
import { type Session, verifySession } from "@baton/session";
import type { z } from "zod";
import type { Follower } from "../live/follower.ts";

type Told = z.output<typeof VerificationBody>;

/** Checks of the whole journal, one at a time; whoever asks while one is at work is told of that one. */
export interface Verifications {
  told(): Told;
  start(): Told;
}

const NEVER: Told = {
  state: "never",
  startedAt: null,
  endedAt: null,
  position: 0,
  of: 0,
  result: null,
  problem: null,
};

export function createVerifications(session: Session, follower: Follower): Verifications {
  let told = NEVER;

  async function check(): Promise<void> {
    const verified = await verifySession(session, [], (position) => {
      told = { ...told, position };
    });
    const endedAt = follower.now();
    if (!verified.ok) {
      told = { ...told, state: "failed", endedAt, problem: verified.problems[0] ?? null };
      return;
    }
    const { problems, unknown, ...rest } = verified.value;
    const result = {
      intact: isIntact(verified.value),
      ...rest,
      problems: [...problems],
      unknown: [...unknown],
    };
    told = { ...told, state: "done", endedAt, position: told.of, result };
  }

  return {
    told: () => told,
    start() {
      if (told.state === "running") return told;
      told = { ...NEVER, state: "running", startedAt: follower.now(), of: follower.position };
      void check().catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        const problem = {
          code: "BATON-INTERNAL" as const,
          message,
          remedy: "This is a fault of Baton; ask again.",
        };
        told = { ...told, state: "failed", endedAt: follower.now(), problem };
      });
      return told;
    },
  };
}
