import { requestDone } from "@baton/conductor";
import type { Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { localActor } from "../session/actor.ts";
import { tellRun } from "../session/tell-run.ts";

interface DoneOptions {
  readonly step: string;
  readonly tenant?: string | undefined;
  readonly evidence: string;
}

/** `baton done`: a person has brought a step's effect about; it counts if its action observes it. */
export function done(where: Where, output: Output, options: DoneOptions): Promise<ExitCode> {
  const { step, tenant = null, evidence } = options;
  return tellRun(where, output, {
    request: ({ journal, performers, ports }, { run }) =>
      requestDone({ journal, run, by: localActor(), step, tenant, evidence, performers, ports }),
    said: ({ run }) =>
      `${step}${tenant === null ? "" : ` for ${tenant}`} is there; ${run} counts it as done.`,
    needsDriver: true,
  });
}
