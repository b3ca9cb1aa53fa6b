import {
  type ActionContext,
  failed,
  type Json,
  type JsonObject,
  type Observation,
  ok,
  type Performer,
  type Result,
  type Route,
  sameWeights,
  shiftBase,
  type TrafficShiftInput,
  type Weights,
  weightsAt,
  withoutZeros,
} from "@baton/core";
import { drain, openRequests } from "./drain.ts";
import { unexpected } from "./unexpected.ts";
import { targetWeights, withoutShare } from "./weights.ts";

/** The route as it was. */
export interface RouteBefore extends JsonObject {
  readonly weights: Weights;
  readonly revision: number;
}

/** How often a route that moved under an undo is read again. */
const UNDO_TRIES = 5;

/**
 * Moves a share of one tenant's requests from where the plan found them to a version. Compare-and-set: the change names the
 * revision `before` saw, so one who comes too late is refused. Where the weights are already right only the waiting for open
 * requests is left. The undo leaves the route at another revision than `before` saw, also where the weights never moved.
 */
export function trafficShift(): Performer<TrafficShiftInput, RouteBefore, Json> {
  return {
    kind: "traffic.shift",
    async check(input, context) {
      const target = targetOf(input, context);
      const route = await routeOf(input, context);
      const strange = route.ok ? unexpected(input, route.value) : [];
      return [...(target.ok ? [] : target.problems), ...(route.ok ? strange : route.problems)];
    },
    async before(input, context) {
      const route = await routeOf(input, context);
      if (!route.ok) return route;
      return ok({ weights: withoutZeros(route.value.weights), revision: route.value.revision });
    },
    async perform(input, before, _key, context) {
      const target = targetOf(input, context);
      if (!target.ok) return target;
      const route = await routeOf(input, context);
      if (!route.ok) return route;
      const there = sameWeights(route.value.weights, target.value);
      if (!there && context.signal.aborted) return calledOff(input, context);
      const set = there ? route : await setRoute(input, context, target.value, before.revision);
      if (!set.ok) return set;
      const drained = await drainWithout(input, before, context, target.value);
      return drained.ok ? ok({ weights: target.value, revision: set.value.revision }) : drained;
    },
    async undo(input, before, _output, _key, context) {
      const restored = await restore(input, before, context);
      if (!restored.ok) return restored;
      const drained = await drainWithout(input, before, context, before.weights);
      return drained.ok ? ok({ weights: before.weights, revision: restored.value.revision }) : drained;
    },
    observe,
  };
}

async function observe(
  input: TrafficShiftInput,
  before: RouteBefore,
  context: ActionContext,
): Promise<Observation> {
  const target = targetOf(input, context);
  if (!target.ok) return unknown(target.problems);
  const route = await routeOf(input, context);
  if (!route.ok) return unknown(route.problems);
  const { service, tenant, weights } = route.value;
  const detail = `${tenant} goes to ${service} ${JSON.stringify(withoutZeros(weights))}.`;
  // Farther on the same way, as behind a later share, is there as well.
  const share = weights[input.to ?? ""] ?? 0;
  const onTheWay = weightsAt(shiftBase(input, tenant), input.to ?? "", share);
  const moved = share >= input.percent && sameWeights(weights, onTheWay);
  if (!moved) return { state: sameWeights(weights, before.weights) ? "absent" : "partial", detail };
  const versions = withoutShare(versionsOf(input, before), target.value);
  const open = await openRequests(context.ports, { service, tenant, versions });
  if (!open.ok) return unknown(open.problems);
  if (open.value === 0) return { state: "present", detail };
  return { state: "partial", detail: `${detail} ${open.value} requests are still open elsewhere.` };
}

/**
 * Brings the old weights back whatever they are now: on the way back this plan alone may want the route, under its lock. Where the
 * revision is still the one `before` saw, a shift that was under way in a conductor that stood still would be taken: the same
 * weights are set again, which raises the revision. A route without any weights cannot be set so.
 */
async function restore(
  input: TrafficShiftInput,
  before: RouteBefore,
  context: ActionContext,
): Promise<Result<Route>> {
  for (let tries = 1; ; tries += 1) {
    const route = await routeOf(input, context);
    if (!route.ok) return route;
    const { weights, revision } = route.value;
    const shut = revision !== before.revision || Object.keys(before.weights).length === 0;
    if (shut && sameWeights(weights, before.weights)) return route;
    if (context.signal.aborted) return calledOff(input, context);
    const set = await setRoute(input, context, before.weights, revision);
    const moved = !set.ok && set.problems.every((problem) => problem.code === "BATON-TRAFFIC-REVISION");
    if (!moved || tries === UNDO_TRIES) return set;
  }
}

async function routeOf(input: TrafficShiftInput, context: ActionContext): Promise<Result<Route>> {
  const tenant = tenantOf(context);
  return tenant.ok ? context.ports.traffic.route(input.service, tenant.value) : tenant;
}

async function setRoute(
  input: TrafficShiftInput,
  context: ActionContext,
  weights: Weights,
  revision: number,
): Promise<Result<Route>> {
  const tenant = tenantOf(context);
  return tenant.ok ? context.ports.traffic.setRoute(input.service, tenant.value, weights, revision) : tenant;
}

async function drainWithout(
  input: TrafficShiftInput,
  before: RouteBefore,
  context: ActionContext,
  weights: Weights,
): Promise<Result<void>> {
  const tenant = tenantOf(context);
  if (!tenant.ok) return tenant;
  const versions = withoutShare(versionsOf(input, before), weights);
  const what = { service: input.service, tenant: tenant.value, versions, seconds: input.drainSeconds };
  return drain(context.ports, what, context.signal);
}

const versionsOf = (input: TrafficShiftInput, before: RouteBefore) => [
  input.from,
  input.to,
  ...Object.keys(before.weights),
];

function targetOf(input: TrafficShiftInput, context: ActionContext): Result<Weights> {
  const tenant = tenantOf(context);
  return tenant.ok ? targetWeights(input, tenant.value) : tenant;
}

const tenantOf = (context: ActionContext): Result<string> =>
  context.tenant === null
    ? failed({
        code: "BATON-ACTION-TENANT",
        message: `${context.step} moves a tenant's traffic and was given no tenant.`,
        remedy: "Write `each: tenants` at the step.",
      })
    : ok(context.tenant.id);

const calledOff = (input: TrafficShiftInput, context: ActionContext): Result<never> =>
  failed({
    code: "BATON-ACTION-CANCELLED",
    message: `Moving ${context.tenant?.id ?? "a tenant"}'s traffic of ${input.service} was called off before the route was set.`,
    remedy: "Resume the run; it goes on where it stopped.",
  });

const unknown = (problems: readonly { readonly message: string }[]): Observation => ({
  state: "unknown",
  detail: problems.map((problem) => problem.message).join(" "),
});
