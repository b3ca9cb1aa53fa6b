import { requestPause } from "@baton/conductor";
import type { Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { localActor } from "../session/actor.ts";
import { tellRun } from "../session/tell-run.ts";

/** `baton pause`: nothing begins from here on; what is under way comes to its outcome, and bakes go on counting. */
export const pause = (
  where: Where,
  output: Output,
  { reason }: { readonly reason: string },
): Promise<ExitCode> =>
  tellRun(where, output, {
    request: ({ journal }, { run }) => requestPause({ journal, run, by: localActor(), reason }),
    said: ({ run }) => `${run} is paused; go on with \`npx baton resume\`.`,
    needsDriver: false,
  });
