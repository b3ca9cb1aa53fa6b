import {
  type InstanceId,
  type InstanceSpec,
  type Json,
  type JsonObject,
  ok,
  type Ports,
  type Result,
} from "@baton/core";
import { z } from "zod";

/** What was there of an instance: the digest it ran with (null: it was not there) and what it was started from. */
export interface FoundInstance extends JsonObject {
  readonly digest: string | null;
  readonly spec: Json;
}

/** Reads from the world what is there of an instance; a problem where that cannot be known. */
export async function findInstance(ports: Ports, id: InstanceId): Promise<Result<FoundInstance>> {
  const instances = await ports.deploy.instances();
  if (!instances.ok) return instances;
  const found = instances.value.find((instance) => instance.id === id);
  if (found === undefined) return ok({ digest: null, spec: null });
  return ok({ digest: found.digest, spec: found.spec === undefined ? null : specAsJson(found.spec) });
}

const Spec = z.object({
  id: z.string(),
  service: z.string(),
  version: z.string(),
  command: z.array(z.string()),
  ports: z.record(z.string(), z.number()),
  env: z.record(z.string(), z.string()),
  health: z.object({ path: z.string(), timeoutSeconds: z.number() }),
});

/** The spec that was journaled; null where none was, or it is not one. */
export function journaledSpec(json: Json): InstanceSpec | null {
  const parsed = Spec.safeParse(json);
  return parsed.success ? parsed.data : null;
}

const specAsJson = (spec: InstanceSpec): Json => ({
  ...spec,
  command: [...spec.command],
  ports: { ...spec.ports },
  env: { ...spec.env },
  health: { ...spec.health },
});
