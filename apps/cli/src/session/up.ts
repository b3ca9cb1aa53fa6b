import {
  type InstanceSpec,
  instanceId,
  ok,
  type Problem,
  platformOrder,
  type ReleaseService,
  type Result,
} from "@baton/core";
import {
  type Definition,
  firstRelease,
  openSession,
  type Session,
  servicesOf,
  type Where,
} from "@baton/session";
import { ensureSupervisor } from "@baton/supervisor";

const seedFailed = (tail: readonly string[]): Problem => ({
  code: "BATON-SEED-FAILED",
  message: `The platform's seed failed: ${lastWords(tail)}`,
  remedy:
    "Read .baton/logs/seed.log, mend the cause and run the same command again; the seed is safe to repeat.",
});

/** What a program said last: the message of its last JSON line, else its last error, else its last line. */
function lastWords(tail: readonly string[]): string {
  const words = messageOf(tail.at(-1) ?? "") ?? tail.findLast((line) => /^\s*\w*Error: |^error: /.test(line));
  const said = (words ?? tail.at(-1) ?? "it said nothing").trim();
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

function messageOf(line: string): string | null {
  try {
    const { message, msg } = JSON.parse(line) as { message?: unknown; msg?: unknown };
    const words = message ?? msg;
    return typeof words === "string" ? words : null;
  } catch {
    return null;
  }
}

/** The spec of one service of a release on this platform. */
function specOf(definition: Definition, service: string, release: ReleaseService): InstanceSpec {
  const preferred = definition.platform.services[service]?.ports ?? {};
  return {
    id: instanceId(service, release.version),
    service,
    version: release.version,
    command: release.command,
    ports: { ...preferred, ...release.ports },
    env: release.env,
    health: release.health,
  };
}

/**
 * Brings the platform up at its first release: supervisor, PostgreSQL, key service, services in order of what they depend
 * on, seed. Versions that a run has deployed since come back with it. Safe to repeat; says what it does through `say`.
 */
export async function bringUp(
  where: Where,
  definition: Definition,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result<Session>> {
  const first = firstRelease(definition);
  if (!first.ok) return first;
  const services = servicesOf(definition, first.value.release.release);
  if (!services.ok) return services;
  const supervisor = await ensureSupervisor({
    stateDir: where.stateDir,
    platformDir: where.platformDir,
    nodePath: process.execPath,
    log: say,
  });
  if (!supervisor.ok) return supervisor;
  const session = await openSession(where, definition);
  if (!session.ok) return session;
  const started = await startServices(session.value, services.value, say, signal);
  if (!started.ok) {
    await session.value.close();
    return started;
  }
  const seeded = await seed(session.value, say, signal);
  if (!seeded.ok) {
    await session.value.close();
    return seeded;
  }
  return session;
}

async function startServices(
  session: Session,
  services: Readonly<Record<string, ReleaseService>>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result<void>> {
  const order = platformOrder(session.definition.platform, Object.keys(services));
  if (!order.ok) return order;
  for (const name of order.value.order) {
    const release = services[name];
    if (!release) continue;
    const started = await session.ports.deploy.start(specOf(session.definition, name, release), signal);
    if (!started.ok) return started;
    const title = session.definition.platform.services[name]?.title ?? name;
    say(`${title} ${release.version}  ${started.value.urls.http ?? "no http port"}`);
  }
  // One that came back may listen elsewhere than the gateway remembers.
  return session.ports.traffic.syncUpstreams();
}

async function seed(
  session: Session,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Result<void>> {
  const program = session.definition.platform.seed;
  if (!program) return ok(undefined);
  const outcome = await session.supervisor.run(
    { name: "seed", command: [...program.command], env: program.env },
    signal,
  );
  if (!outcome.ok) return outcome;
  if (outcome.value.exitCode !== 0) return { ok: false, problems: [seedFailed(outcome.value.tail)] };
  const tenants = await session.ports.tenants.list();
  if (!tenants.ok) return tenants;
  const rings = session.definition.platform.tenants.rings.map(
    (r) => `${r} ${tenants.value.filter((t) => t.ring === r).length}`,
  );
  say(`${tenants.value.length} tenants, each with its own database: ${rings.join(", ")}`);
  return ok(undefined);
}
