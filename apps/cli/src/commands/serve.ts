import { fileURLToPath } from "node:url";
import { serve } from "@baton/server";
import { lockConductor, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { launchDriver } from "../session/launch-driver.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";
import { stayUp } from "../start/stay-up.ts";

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly publicUrl?: string;
  readonly anyPort: boolean;
}

/** The web interface's built files, as `npm run build` leaves them. */
const WEB_ROOT = fileURLToPath(new URL("../../../web/dist", import.meta.url));

/**
 * `baton serve`: the web interface and the API over a platform that is up, until Ctrl-C. Runs go on when it stops: it drives none in
 * its own process.
 */
export const serveHere = (where: Where, output: Output, options: ServeOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const lock = await lockConductor(where.stateDir, "serve", "server");
    if (!lock.ok) return output.problems(lock.problems);
    const stop = stopSignals(() => output.lines("Stopping the server. Runs under way go on."));
    try {
      const serving = await serve({
        session,
        ...options,
        publicUrl: options.publicUrl ?? null,
        launch: launchDriver(where),
        webRoot: WEB_ROOT,
        env: process.env,
      });
      if (!serving.ok) return output.problems(serving.problems);
      const { url, firstCode, close } = serving.value;
      output.lines(...words(url, firstCode));
      output.result({ url, firstCode, pid: process.pid });
      await stayUp(untilLeft(stop.signal));
      await close();
      return ExitCode.done;
    } finally {
      stop.dispose();
      await lock.value.release();
      // An open channel would keep us, and we whoever waits for us.
      if (process.connected) process.disconnect();
    }
  });

/** What a person should know of a server that has started. */
export const words = (url: string, firstCode: string | null): readonly string[] => [
  `Baton serves at ${url}`,
  ...(firstCode === null
    ? []
    : [
        `  Nobody may sign in there yet: the first does with the one-time code ${firstCode}, as administrator.`,
      ]),
];

/** Also when the process that started this one over a channel is gone, whatever became of it. */
function untilLeft(signal: AbortSignal): AbortSignal {
  if (process.channel === undefined || process.channel === null) return signal;
  const left = new AbortController();
  process.once("disconnect", () => left.abort());
  return AbortSignal.any([signal, left.signal]);
}
