import { requestSkip } from "@baton/conductor";
import type { Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { localActor } from "../session/actor.ts";
import { tellRun } from "../session/tell-run.ts";

interface SkipOptions {
  readonly step: string;
  readonly tenant?: string | undefined;
  readonly reason: string;
}

/** `baton skip`: the run goes on without a step that has no effect on data or traffic. */
export function skip(where: Where, output: Output, options: SkipOptions): Promise<ExitCode> {
  const { step, tenant = null, reason } = options;
  return tellRun(where, output, {
    request: ({ journal }, { run }) => requestSkip({ journal, run, by: localActor(), step, tenant, reason }),
    said: ({ run }) => `${run} goes on without ${step}${tenant === null ? "" : ` for ${tenant}`}.`,
    needsDriver: true,
  });
}
