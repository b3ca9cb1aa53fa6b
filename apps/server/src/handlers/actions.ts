import {
  approve,
  approveGate,
  requestDone,
  requestPause,
  requestResume,
  requestRetry,
  requestRollback,
  requestScope,
  requestSkip,
  requestStop,
  requestTenantRollback,
} from "@baton/conductor";
import { type AnswerOf, type RunAction, routes } from "@baton/contracts";
import { type Actor, actorOf, endedRefusal, failed, ok, type Principal, type Result } from "@baton/core";
import { checkMovedWorld } from "@baton/session";
import { must } from "../api/api-error.ts";
import type { Call, Registrar } from "../api/registrar.ts";
import type { KnownRun } from "../live/run-store.ts";
import type { Parts } from "../parts.ts";
import { toGate } from "./to-gate.ts";

/** What every request to a run is made with. */
interface Asked {
  readonly journal: Parts["session"]["journal"];
  readonly run: string;
  readonly by: Actor;
}

type ActionRoute = Extract<
  (typeof routes)[keyof typeof routes],
  { readonly answer: (typeof routes)["pauseRun"]["answer"] }
>;

/** What people say to runs. Each is journaled, and where somebody must drive the run for it, somebody does. */
export function actionHandlers({ json }: Registrar, parts: Parts): void {
  const { session } = parts;
  const { journal, definition, performers, ports } = session;
  const { separationOfDuties } = definition.platform;

  /** Registers a route that says something to a run. */
  function says<R extends ActionRoute>(
    route: R,
    action: RunAction,
    needsDriver: boolean,
    ask: (asked: Asked, call: Call<R>, principal: Principal) => Promise<Result<void>>,
  ): void {
    json(route, async (call) => {
      const { params, principal } = call as Call<ActionRoute>;
      if (principal === null) throw new Error("the route needs sign-in");
      const { environment, run } = params;
      must(await parts.runs.get(environment, run));
      must(await ask({ journal, run, by: actorOf(principal) }, call, principal));
      const launched = needsDriver && (await parts.drivers.ensure(run));
      const known: KnownRun = must(await parts.afresh(environment, run));
      return { action, launched, run: await parts.tell(known) } as AnswerOf<R>;
    });
  }

  says(routes.approveRun, "approve", true, (asked, { body: { planHash } }, principal) =>
    approve({ ...asked, planHash, approver: { principal, separationOfDuties } }),
  );
  says(routes.approveGate, "approve-gate", true, async (asked, { params, body }, principal) => {
    const there = await toGate(parts, params.environment, params.run, body.step);
    if (!there.ok) return there;
    return approveGate({ ...asked, ...body, approver: { principal, separationOfDuties } });
  });
  says(routes.pauseRun, "pause", false, (asked, { body }) => requestPause({ ...asked, ...body }));
  says(routes.resumeRun, "resume", true, (asked) => requestResume(asked));
  says(routes.abortRun, "abort", true, (asked, { body }) =>
    requestStop({ ...asked, ...body, emergency: false }),
  );
  says(routes.emergencyStop, "emergency-stop", true, (asked, { body }) =>
    requestStop({ ...asked, ...body, emergency: true }),
  );
  says(routes.rollbackRun, "rollback", true, (asked, { body }) => requestRollback({ ...asked, ...body }));
  says(routes.rollbackTenant, "rollback-tenant", true, (asked, { params: { tenant }, body }) =>
    requestTenantRollback({ ...asked, ...body, tenant }),
  );
  says(routes.retryRun, "retry", true, (asked, { body: { step = null, tenant = null } }) =>
    requestRetry({ ...asked, step, tenant }),
  );
  says(routes.skipStep, "skip", true, (asked, { body: { step, tenant = null, reason } }) =>
    requestSkip({ ...asked, step, tenant, reason }),
  );
  says(routes.declareDone, "done", true, (asked, { body: { step, tenant = null, evidence } }) =>
    requestDone({ ...asked, step, tenant, evidence, performers, ports }),
  );
  says(routes.setScope, "scope", true, (asked, { body: { ring = null, tenant = null } }) =>
    requestScope({ ...asked, ring, tenant }),
  );
  says(routes.driveRun, "drive", true, async (_, { params: { environment, run } }) => {
    const known = await parts.runs.get(environment, run);
    if (!known.ok) return known;
    const over = endedRefusal(known.value.loaded.state);
    if (over !== null) return failed(over);
    const believed = await checkMovedWorld(session, known.value.loaded, AbortSignal.timeout(LOOK_MS));
    return believed.ok ? ok(undefined) : believed;
  });
}

/** How long looking at the world may take before a run is driven on that a backup brought back. */
const LOOK_MS = 60_000;
