import type { Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { remoteClient } from "../remote/remote-client.ts";
import { withSession } from "../session/with-session.ts";
import type { AccessDesk } from "./desk.ts";
import { localDesk } from "./local-desk.ts";
import { remoteDesk } from "./remote-desk.ts";

/** Which desk: without a server the journal on this machine. */
export interface DeskOptions {
  readonly server?: string;
  readonly environment?: string;
}

/** Does the work at the desk that was named. */
export async function withDesk(
  where: Where,
  output: Output,
  { server, environment }: DeskOptions,
  work: (desk: AccessDesk) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (server === undefined) return withSession(where, output, (session) => work(localDesk(session)));
  const remote = await remoteClient(server);
  if (!remote.ok) return output.problems(remote.problems);
  const desk = await remoteDesk(remote.value.client, environment);
  return desk.ok ? work(desk.value) : output.problems(desk.problems);
}
