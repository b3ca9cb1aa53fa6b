import {
  type ActionContext,
  failed,
  type InstanceSpec,
  instanceId,
  type Json,
  type Observation,
  ok,
  type Performer,
  type Result,
  type ServiceDeployInput,
} from "@baton/core";
import { type FoundInstance, findInstance, journaledSpec } from "./found-instance.ts";

/**
 * Starts the release's version of a service beside the present one. The target starts what is not there, leaves an instance of
 * the same spec alone, and refuses an epoch older than the one that changed the instance last. Undo stops it only where it was
 * not there before, and raises the fence also where nothing runs.
 */
export function serviceDeploy(): Performer<ServiceDeployInput, FoundInstance, Json> {
  return {
    kind: "service.deploy",
    async check(input, context) {
      const spec = specOf(input, context);
      if (!spec.ok) return spec.problems;
      const instances = await context.ports.deploy.instances();
      return instances.ok ? [] : instances.problems;
    },
    async before(input, context) {
      const spec = specOf(input, context);
      return spec.ok ? findInstance(context.ports, spec.value.id) : spec;
    },
    async perform(input, _before, _key, context) {
      const spec = specOf(input, context);
      if (!spec.ok) return spec;
      const started = await context.ports.deploy.start(spec.value, context.signal, context.epoch);
      return started.ok ? ok({ instance: started.value.id, digest: started.value.digest }) : started;
    },
    async undo(input, before, _output, _key, context) {
      const spec = specOf(input, context);
      if (!spec.ok) return spec;
      if (before.digest === context.ports.deploy.digest(spec.value)) return ok({ kept: spec.value.id });
      return before.digest === null ? stop(spec.value, context) : bringBack(spec.value, before, context);
    },
    async observe(input, before, context): Promise<Observation> {
      const spec = specOf(input, context);
      if (!spec.ok) return unknown(spec.problems);
      const instances = await context.ports.deploy.instances();
      if (!instances.ok) return unknown(instances.problems);
      const { id } = spec.value;
      const found = instances.value.find((instance) => instance.id === id);
      if (found === undefined) return { state: "absent", detail: `${id} is not there.` };
      if (found.digest !== context.ports.deploy.digest(spec.value)) {
        const state = found.digest === before.digest ? "absent" : "partial";
        return { state, detail: `${id} runs from another spec.` };
      }
      const state = found.state === "healthy" ? "present" : "partial";
      return { state, detail: `${id} is ${found.state}.` };
    },
  };
}

/** The instance the plan asks for. */
function specOf(input: ServiceDeployInput, context: ActionContext): Result<InstanceSpec> {
  const service = context.plan.services[input.service];
  if (service === undefined || (input.version !== undefined && input.version !== service.version)) {
    return failed({
      code: "BATON-DEPLOY-PLAN",
      message: `The plan brings no ${input.version === undefined ? input.service : instanceId(input.service, input.version)}.`,
      remedy: "Name a service of the release, or make the plan again.",
    });
  }
  return ok({
    id: instanceId(input.service, service.version),
    service: input.service,
    version: service.version,
    command: service.command,
    ports: service.ports ?? {},
    env: service.env,
    health: service.health,
  });
}

async function stop(spec: InstanceSpec, context: ActionContext): Promise<Result<Json>> {
  const stopped = await context.ports.deploy.stop(spec.id, context.signal, context.epoch);
  return stopped.ok ? ok({ stopped: spec.id }) : stopped;
}

/** The same version ran from another spec before, and was replaced. */
async function bringBack(
  spec: InstanceSpec,
  before: FoundInstance,
  context: ActionContext,
): Promise<Result<Json>> {
  const old = journaledSpec(before.spec);
  if (old === null) {
    return failed({
      code: "BATON-DEPLOY-SPEC",
      message: `${spec.id} ran from another spec before, which the target did not tell.`,
      remedy: "Start it by hand from its old spec, then mark the step as done.",
    });
  }
  const started = await context.ports.deploy.start(old, context.signal, context.epoch);
  return started.ok ? ok({ broughtBack: spec.id }) : started;
}

const unknown = (problems: readonly { readonly message: string }[]): Observation => ({
  state: "unknown",
  detail: problems.map((problem) => problem.message).join(" "),
});
