import { requestResume } from "@baton/conductor";
import type { Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { localActor } from "../session/actor.ts";
import { tellRun } from "../session/tell-run.ts";

/** `baton resume`: a paused run goes on, forward or back. */
export const resume = (where: Where, output: Output): Promise<ExitCode> =>
  tellRun(where, output, {
    request: ({ journal }, { run }) => requestResume({ journal, run, by: localActor() }),
    said: ({ run }) => `${run} goes on.`,
    needsDriver: true,
  });
