import { createPerformers } from "@baton/actions";
import {
  createPorts,
  createSupervisorClient,
  type SupervisorClient,
  type SupervisorState,
} from "@baton/adapters";
import { failed, type Journal, ok, type Performer, type Ports, type Problem, type Result } from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import type { Definition } from "./definition/load.ts";
import type { Where } from "./where.ts";

/** A command's way to a platform that is up: its supervisor, its ports, its journal. Close it when done. */
export interface Session {
  readonly where: Where;
  readonly definition: Definition;
  readonly supervisor: SupervisorClient;
  readonly state: SupervisorState;
  readonly ports: Ports;
  readonly performers: ReadonlyMap<string, Performer>;
  readonly journal: Journal;
  close(): Promise<void>;
}

/** Template under which the supervisor names the journal's database. */
const JOURNAL_DATABASE = "${database.baton}";

const notUp = (stateDir: string): Problem => ({
  code: "BATON-PLATFORM-DOWN",
  message: `Nothing runs on ${stateDir}.`,
  remedy: "Start it with `npx baton up`, or with `npm start` for the whole demonstration.",
});

/** Opens the session of a platform that is up; `BATON-PLATFORM-DOWN` where it is not. */
export async function openSession(where: Where, definition: Definition): Promise<Result<Session>> {
  const supervisor = createSupervisorClient(where.stateDir);
  const state = await supervisor.state();
  if (!state.ok) {
    const absent = state.problems.every(
      (p) => p.code === "BATON-SUPERVISOR-ABSENT" || p.code === "BATON-SUPERVISOR-UNREACHABLE",
    );
    return absent ? failed(notUp(where.stateDir)) : state;
  }
  const url = await supervisor.resolve(JOURNAL_DATABASE);
  if (!url.ok) return url;
  const journal = await createPostgresJournal({ url: url.value });
  if (!journal.ok) return journal;
  const ports = createPorts({ platform: definition.platform, supervisor });
  return ok({
    where,
    definition,
    supervisor,
    state: state.value,
    ports,
    performers: createPerformers({ platformDir: where.platformDir, nodePath: process.execPath }),
    journal: journal.value,
    close: () => journal.value.close(),
  });
}
