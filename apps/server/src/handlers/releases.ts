import { loadPlan, openingRefusal, openRun } from "@baton/conductor";
import { type PlanAnswer, routes } from "@baton/contracts";
import {
  actorOf,
  comparePlans,
  failed,
  indexPlan,
  ok,
  type Plan,
  type Problem,
  type Result,
  stepTimes,
} from "@baton/core";
import { halfwayRun, inService, type LoadedRelease, lineOf, makePlan } from "@baton/session";
import type { z } from "zod";
import { ApiError, must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import { cached } from "../live/cached.ts";
import type { Parts } from "../parts.ts";

/** A plan that was compiled is taken for the present one for so long; whoever opens a run compiles it anew. */
const FRESH_MS = 2_000;

/** Releases, their plans, and the opening of runs. */
export function releaseHandlers({ json }: Registrar, parts: Parts): void {
  const { session, runs, follower } = parts;
  const planners = new Map<string, () => Promise<Result<Plan>>>();
  const planned = (release: string): Promise<Result<Plan>> => {
    const known = planners.get(release) ?? cached(() => makePlan(session, release), FRESH_MS);
    planners.set(release, known);
    return known();
  };

  json(routes.listReleases, async ({ params: { environment } }) => {
    const list = must(await runs.list(environment));
    const { current, underWay, past } = inService(session.definition, list);
    const line = lineOf(session.definition);
    const items = await Promise.all(
      line.map(async (loaded) => {
        const { release, from } = loaded.release;
        const next = from !== undefined && from === current && underWay === null;
        const looked = next ? await blockers(parts, environment, await planned(release)) : null;
        const state =
          release === underWay
            ? ("under-way" as const)
            : release === current
              ? ("current" as const)
              : past.has(release)
                ? ("past" as const)
                : next
                  ? ("next" as const)
                  : current === null
                    ? ("unknown" as const)
                    : ("later" as const);
        return {
          ...told(loaded, parts),
          state,
          run: list.findLast((run) => run.release === release)?.run ?? null,
          blockers: looked?.blockers ?? null,
          plan: looked?.plan ?? null,
          lookedAt: looked === null ? null : follower.now(),
        };
      }),
    );
    return { items, nextCursor: null };
  });

  json(routes.planRelease, async ({ params: { release }, query: { supersede } }) => {
    if (supersede === "false") return planAnswer(must(await planned(release)));
    return planAnswer(must(await makePlan(session, release, must(await halfwayRun(session)))));
  });

  json(routes.getPlan, async ({ params: { plan } }) => planAnswer(must(await storedPlan(parts, plan))));

  json(routes.comparePlans, async ({ query }) => {
    const sideOf = async (named: string): Promise<Plan> =>
      must(/^[0-9a-f]{64}$/.test(named) ? await storedPlan(parts, named) : await planned(named));
    const [a, b] = await Promise.all([sideOf(query.a), sideOf(query.b)]);
    const { same, added, removed, changed, plan } = comparePlans(a, b);
    return {
      a: sideBody(a),
      b: sideBody(b),
      same,
      added: [...added],
      removed: [...removed],
      changed: changed.map(({ step, fields }) => ({ step, fields: [...fields] })),
      plan: [...plan],
    };
  });

  json(routes.openRun, async ({ params: { environment, release }, body, principal }) => {
    if (principal === null) throw new Error("the route needs sign-in");
    const superseded = body.supersede ? must(await halfwayRun(session)) : null;
    const plan = must(await makePlan(session, release, superseded));
    if (plan.hash !== body.planHash) throw new ApiError(movedOn(release, body.planHash, plan.hash));
    const run = must(await openRun({ journal: session.journal, plan, by: actorOf(principal) }));
    const known = must(await parts.afresh(environment, run));
    return { run: await parts.tell(known) };
  });
}

function told({ release }: LoadedRelease, { session }: Parts) {
  const { services } = session.definition.platform;
  return {
    release: release.release,
    from: release.from ?? null,
    title: release.title,
    channel: release.channel,
    author: release.author ?? null,
    services: Object.entries(release.services).map(([service, { version }]) => ({
      service,
      title: services[service]?.title ?? service,
      version,
    })),
    phases: release.phases.map(({ id, title, hold }) => ({ id, title: title ?? id, hold })),
  };
}

/** What speaks against starting the next release now, and its plan where there is one. */
async function blockers({ session, runs }: Parts, environment: string, plan: Result<Plan>) {
  if (!plan.ok) return { blockers: [...plan.problems], plan: null };
  const { hash, estimates, tenants, steps } = plan.value;
  const { totalSeconds, worstRollbackSeconds, pointOfNoReturn } = estimates;
  const list = must(await runs.list(environment));
  const refusal = must(await openingRefusal(session.journal, plan.value, list));
  return {
    blockers: refusal === null ? [] : [refusal],
    plan: {
      hash,
      totalSeconds,
      worstRollbackSeconds,
      pointOfNoReturn,
      tenants: tenants.length,
      steps: steps.length,
    },
  };
}

function planAnswer(plan: Plan): z.output<typeof PlanAnswer> {
  const index = indexPlan(plan);
  return {
    plan,
    criticalPath: plan.estimates.criticalPath,
    times: [...stepTimes(index)],
    behindHold: [...index.behindHold],
  };
}

const sideBody = ({ hash, release, from, estimates }: Plan) => ({
  hash,
  release,
  from,
  totalSeconds: estimates.totalSeconds,
});

async function storedPlan({ session }: Parts, hash: string): Promise<Result<Plan>> {
  const plan = await loadPlan(session.journal, hash);
  const missing = !plan.ok && plan.problems.some(({ code }) => code === "BATON-RUN-PLAN-MISSING");
  return missing ? failed(noPlan(hash)) : plan.ok ? ok(plan.value) : plan;
}

const noPlan = (hash: string): Problem => ({
  code: "BATON-API-PLAN",
  message: `The journal holds no plan ${hash.slice(0, 12)}.`,
  remedy: "Name the plan of a run, or a release for the plan that would be started now.",
});

const movedOn = (release: string, asked: string, found: string): Problem => ({
  code: "BATON-APPROVAL-HASH",
  message: `The plan of ${release} that was looked at is ${asked.slice(0, 12)}; what would be done now is ${found.slice(0, 12)}.`,
  remedy: "Look at the plan again: something it took for granted has changed.",
  details: { asked, found },
});
