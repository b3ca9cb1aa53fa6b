import { failed, ok, type Ports, type Result } from "@baton/core";

const LOOK_MS = 25;

/** What is to end: requests of one tenant that versions without a share are still answering. */
export interface Drain {
  readonly service: string;
  readonly tenant: string;
  readonly versions: readonly string[];
  readonly seconds: number;
}

/** Waits until none of the versions answers a request of this tenant. Codes: `BATON-TRAFFIC-DRAIN`, `BATON-ACTION-CANCELLED`. */
export async function drain(ports: Ports, what: Drain, signal: AbortSignal): Promise<Result<void>> {
  const deadline = performance.now() + what.seconds * 1000;
  for (;;) {
    const open = await openRequests(ports, what);
    if (!open.ok) return open;
    if (open.value === 0) return ok(undefined);
    if (signal.aborted) return cancelled(what);
    if (performance.now() >= deadline) return late(what, open.value);
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
}

/** How many requests the versions are answering right now. */
export async function openRequests(
  ports: Ports,
  { service, tenant, versions }: Pick<Drain, "service" | "tenant" | "versions">,
): Promise<Result<number>> {
  if (versions.length === 0) return ok(0);
  const inFlight = await ports.traffic.inFlight(service, tenant);
  if (!inFlight.ok) return inFlight;
  return ok(versions.reduce((sum, version) => sum + (inFlight.value[version] ?? 0), 0));
}

const late = ({ service, tenant, versions, seconds }: Drain, open: number): Result<never> =>
  failed({
    code: "BATON-TRAFFIC-DRAIN",
    message: `${open} requests of ${tenant} to ${service} ${versions.join(", ")} were still open after ${seconds} s.`,
    remedy: "Retry when they have ended, or give the step more `drainSeconds`.",
    details: { service, tenant, open },
  });

const cancelled = ({ service, tenant }: Drain): Result<never> =>
  failed({
    code: "BATON-ACTION-CANCELLED",
    message: `Waiting for open requests of ${tenant} to ${service} was cancelled.`,
    remedy: "Retry; the route itself is as it was set.",
  });
