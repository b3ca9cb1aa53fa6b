import { requestRetry } from "@baton/conductor";
import type { Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { localActor } from "../session/actor.ts";
import { tellRun } from "../session/tell-run.ts";

interface RetryOptions {
  readonly step?: string | undefined;
  readonly tenant?: string | undefined;
}

/** `baton retry`: gives what failed its tries back, opens a run that ended again, and lets parked tenants catch up. */
export function retry(where: Where, output: Output, options: RetryOptions): Promise<ExitCode> {
  const { step = null, tenant = null } = options;
  const what =
    step === null && tenant === null ? "all that failed" : [step, tenant].filter(Boolean).join(" for ");
  return tellRun(where, output, {
    request: ({ journal }, { run }) => requestRetry({ journal, run, by: localActor(), step, tenant }),
    said: ({ run }) => `${run} tries ${what} again.`,
    needsDriver: true,
  });
}
