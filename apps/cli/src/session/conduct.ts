import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type DriveEnd, drive } from "@baton/conductor";
import type { Result } from "@baton/core";
import type { Output } from "../output.ts";
import { RunScreen } from "./run-screen.ts";
import type { Session } from "./session.ts";
import type { Workload } from "./workload.ts";

/** Names this process in leases and messages; the random end keeps two of one pid apart. */
const owner = (): string => `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`;

/** What `conduct` drives and how. */
export interface Conduct {
  readonly session: Session;
  readonly run: string;
  readonly output: Output;
  readonly workload: Workload | null;
  readonly signal: AbortSignal;
  /** `wait`: come back when the run waits for a person at a hold; `end`: only when it has ended. */
  readonly until: "wait" | "end";
}

/** Drives a run from this process and shows it meanwhile. */
export async function conduct(options: Conduct): Promise<Result<DriveEnd>> {
  const { session, run, output, workload, signal, until } = options;
  const screen = new RunScreen(output, workload);
  try {
    return await drive({
      journal: session.journal,
      run,
      performers: session.performers,
      ports: session.ports,
      owner: owner(),
      signal,
      until,
      // A conductor that was killed leaves its lease to run out; one that lives goes on driving while we stand by.
      standBy: true,
      onStandBy: (lease) =>
        output.lines(`Waiting for the lease of ${lease.owner} to end, 10 s at most if it was killed.`),
      on: (view) => screen.show(view),
    });
  } finally {
    await screen.close();
  }
}
