import { routes } from "@baton/contracts";
import { conductorHere, inService } from "@baton/session";
import { must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import { cached } from "../live/cached.ts";
import type { Parts } from "../parts.ts";

/** For so long what runs around is taken for what it was. */
const FRESH_MS = 1_000;

/** Environments, and what runs in one. */
export function environmentHandlers({ json }: Registrar, { session, follower, runs }: Parts): void {
  const { platform } = session.definition;
  json(routes.listEnvironments, async () => ({
    items: [
      {
        environment: platform.environment,
        platform: platform.platform,
        title: platform.title,
        separationOfDuties: platform.separationOfDuties,
      },
    ],
    nextCursor: null,
  }));

  const look = cached(async () => {
    const state = await session.supervisor.state();
    return { ok: true, value: { state, conductor: await conductorHere(session.where.stateDir) } };
  }, FRESH_MS);

  json(routes.getSurroundings, async ({ params: { environment } }) => {
    const { state, conductor } = must(await look());
    const list = must(await runs.list(environment));
    const absent = !state.ok && state.problems.some(({ code }) => code === "BATON-SUPERVISOR-ABSENT");
    return {
      environment,
      up: state.ok ? true : absent ? false : null,
      problem: state.ok ? null : (state.problems[0] ?? null),
      rings: platform.tenants.rings,
      services: !state.ok
        ? []
        : state.value.instances.map(({ id, service, version, state: health, restarts }) => ({
            instance: id,
            service,
            title: platform.services[service]?.title ?? service,
            version,
            state: health,
            restarts,
          })),
      postgres: !state.ok
        ? ("unknown" as const)
        : state.value.postgres.state === "restarting"
          ? ("starting" as const)
          : state.value.postgres.state,
      keys: state.ok ? state.value.keys.state : ("unknown" as const),
      release: inService(session.definition, list).current,
      run: (list.find(({ ended }) => ended === null) ?? list.at(-1))?.run ?? null,
      conductor:
        conductor === null
          ? null
          : { pid: conductor.pid, command: conductor.command, startedAt: conductor.startedAt },
      at: follower.now(),
    };
  });
}
