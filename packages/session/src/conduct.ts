import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type DriveEnd, type DriveView, drive } from "@baton/conductor";
import { createRedactor, type Lease, type Result } from "@baton/core";
import { notaryOf } from "./auditing.ts";
import { openConductorLog } from "./conductor-log.ts";
import { knownSecrets } from "./known-secrets.ts";
import type { Say } from "./say.ts";
import type { Session } from "./session.ts";

/** Names this process in leases and messages; the random end keeps two of one pid apart. */
const owner = (): string => `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`;

/** Who drives, since when, and what comes of it. */
function standingBy(run: string, { owner: driver, since }: Lease): readonly string[] {
  const when =
    since === null ? "" : ` since ${new Date(since).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  return [
    `${driver} drives ${run}${when}.`,
    "Standing by: this process takes over when its lease ends, within 10 s if it was killed. Ctrl-C leaves; the run goes on.",
  ];
}

/** What `conduct` drives and how. */
export interface Conduct {
  readonly session: Session;
  readonly run: string;
  readonly say: Say;
  /** Each look at the run while this process drives it. */
  readonly show: (view: DriveView) => void;
  readonly signal: AbortSignal;
  /** `wait`: come back when the run waits for a person at a hold; `end`: only when it has ended. */
  readonly until: "wait" | "end";
}

/** Drives a run from this process and writes what happens into the conductor's log. */
export async function conduct(options: Conduct): Promise<Result<DriveEnd>> {
  const { session, run, say, show, signal, until } = options;
  const { stateDir } = session.where;
  const redactor = createRedactor(await knownSecrets(stateDir, session.definition));
  const log = openConductorLog(stateDir, run, redactor);
  const me = owner();
  let standsBy = false;
  log.say("begins to drive", { owner: me, until });
  signal.addEventListener("abort", () => log.say("asked to stop", { signal: String(signal.reason) }), {
    once: true,
  });
  const end = await drive({
    journal: session.journal,
    run,
    performers: session.performers,
    ports: session.ports,
    owner: me,
    signal,
    until,
    // A conductor that was killed leaves its lease to run out; one that lives goes on driving while we stand by.
    standBy: true,
    onStandBy: (lease) => {
      log.say("stands by for another conductor's lease", { holder: lease.owner, epoch: lease.epoch });
      standsBy = true;
      say(...standingBy(run, lease));
    },
    on: (view) => {
      if (standsBy) say(`Its lease is over: ${me} drives ${run} from here.`);
      standsBy = false;
      show(view);
    },
    notary: notaryOf(session, say),
    onEvent: (recorded) => log.event(recorded),
    redactor,
  });
  if (end.ok) log.say("drives no longer", { reason: end.value.reason, status: end.value.state.status });
  else log.say("cannot drive", { problems: end.problems.map(({ code, message }) => ({ code, message })) });
  return end;
}
