import {
  type ActionContext,
  failed,
  instanceId,
  type Json,
  ok,
  type Performer,
  type Problem,
  type Result,
  type ServiceRetireInput,
} from "@baton/core";
import { type FoundInstance, findInstance, journaledSpec } from "../service-deploy/found-instance.ts";
import { stillRouted } from "./still-routed.ts";

/**
 * Stops the version of a service that was there before this release. Fenced by the epoch. Undo starts it again from the spec it ran
 * from, which `before` holds. It is not begun while any tenant there is now, also one the plan does not know, goes to that version.
 */
export function serviceRetire(): Performer<ServiceRetireInput, FoundInstance, Json> {
  return {
    kind: "service.retire",
    async check(input, context) {
      const found = await findRetiring(input, context);
      if (!found.ok) return found.problems;
      const users = await stillRouted(input, context);
      if (!users.ok) return users.problems;
      const inUse = users.value.length > 0 ? [stillInUse(input, users.value)] : [];
      const lost = found.value.digest !== null && found.value.spec === null ? lostSpec(input).problems : [];
      return [...inUse, ...lost];
    },
    before: (input, context) => findRetiring(input, context),
    async perform(input, _before, _key, context) {
      const id = idOf(input);
      if (!id.ok) return id;
      const stopped = await context.ports.deploy.stop(id.value, context.signal, context.epoch);
      return stopped.ok ? ok({ stopped: id.value }) : stopped;
    },
    async undo(input, before, _output, _key, context) {
      if (before.digest === null) return ok({ absent: input.service });
      const spec = journaledSpec(before.spec);
      if (spec === null) return lostSpec(input);
      const started = await context.ports.deploy.start(spec, context.signal, context.epoch);
      return started.ok ? ok({ started: spec.id }) : started;
    },
    async observe(input, _before, context) {
      const id = idOf(input);
      const instances = id.ok ? await context.ports.deploy.instances() : id;
      if (!instances.ok) {
        return { state: "unknown", detail: instances.problems.map((problem) => problem.message).join(" ") };
      }
      const found = instances.value.find((instance) => id.ok && instance.id === id.value);
      if (found === undefined)
        return { state: "present", detail: `${input.service} ${input.version} has ended.` };
      return {
        state: found.state === "healthy" ? "absent" : "partial",
        detail: `${found.id} is ${found.state}.`,
      };
    },
  };
}

const idOf = (input: ServiceRetireInput): Result<string> =>
  input.version === undefined
    ? failed({
        code: "BATON-DEPLOY-PLAN",
        message: `The plan does not say which version of ${input.service} is to go.`,
        remedy: "Make the plan again.",
      })
    : ok(instanceId(input.service, input.version));

async function findRetiring(
  input: ServiceRetireInput,
  context: ActionContext,
): Promise<Result<FoundInstance>> {
  const id = idOf(input);
  return id.ok ? findInstance(context.ports, id.value) : id;
}

const stillInUse = (input: ServiceRetireInput, tenants: readonly string[]): Problem => ({
  code: "BATON-RETIRE-IN-USE",
  message: `${input.service} ${input.version} still serves ${namesOf(tenants)}.`,
  remedy:
    "Move their traffic to the new version, then retry the step; a tenant that came during the run included.",
  details: { service: input.service, version: input.version ?? null, tenants: [...tenants] },
});

const NAMED = 10;

const namesOf = (tenants: readonly string[]): string =>
  tenants.length <= NAMED
    ? tenants.join(", ")
    : `${tenants.slice(0, NAMED).join(", ")} and ${tenants.length - NAMED} more tenants`;

const lostSpec = (input: ServiceRetireInput) => ({
  ok: false as const,
  problems: [
    {
      code: "BATON-DEPLOY-SPEC" as const,
      message: `The target does not tell what ${input.service} ${input.version} was started from, so it could not be brought back.`,
      remedy: "Use a deploy target that keeps the specs of its instances.",
    },
  ],
});
