import { specDigest } from "@baton/adapters";
import {
  failed,
  type Instance,
  type InstanceSpec,
  ok,
  type Problem,
  platformOrder,
  type Result,
} from "@baton/core";
import { type Base, logPathOf, portEnv, readyProgram } from "./base.ts";
import { ManagedProgram, type ProgramSnapshot, stillRuns } from "./managed-program.ts";
import type { Memory } from "./memory.ts";

interface Entry {
  readonly spec: InstanceSpec;
  readonly digest: string;
  /** Under which name its ports stand in the book: the service's own name for one instance, else the instance's id. */
  readonly slot: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly program: ManagedProgram;
}

/** An instance that always tells what it was started from. */
export type RunningInstance = Instance & { readonly spec: InstanceSpec };

/** The versions of services that run under a supervisor. Never two processes of one instance. */
export interface InstanceSet {
  /** Reserves the ports of every service, so that addresses agree before anything starts. */
  reserve(): Promise<void>;
  /** Brings back what a supervisor before left, in order of dependency; what cannot start is kept and tried again. */
  restore(): Promise<void>;
  /** `epoch` of the conductor that asks raises the instance's fence; below the fence the change is refused. */
  put(spec: InstanceSpec, epoch?: number): Promise<Result<Instance>>;
  /** The same, also where there is no such instance: from then on no older conductor can start it. */
  remove(id: string, epoch?: number): Promise<Result<void>>;
  list(): readonly RunningInstance[];
  port(service: string, version: string | null, port: string): number | null;
  /** Ends all in reverse order of dependency; they stay remembered. */
  stopAll(): Promise<void>;
  snapshot(): Pick<Memory, "instances" | "base" | "fences">;
}

const STOPPING: Problem = {
  code: "BATON-SUPERVISOR-STOPPING",
  message: "The supervisor is stopping and starts nothing new.",
  remedy: "Run `baton up` once it has ended.",
};

const unknownService = (spec: InstanceSpec): Problem => ({
  code: "BATON-DEPLOY-SERVICE",
  message: `${spec.id} cannot be started: the platform has no service ${spec.service}.`,
  remedy: "Add it to `services` in platform.yaml, then run `baton down` and `baton up`.",
});

const fenced = (id: string, epoch: number, fence: number): Problem => ({
  code: "BATON-DEPLOY-FENCED",
  message: `${id} was changed by a newer conductor (epoch ${fence}); the change of an older one (epoch ${epoch}) comes too late.`,
  remedy: "Nothing is to be done: the conductor that drives the run now goes on. See `baton status`.",
  details: { instance: id, epoch, fence },
});

/** An empty set that remembers what `before` says. */
export function createInstanceSet(
  base: Base,
  before: Pick<Memory, "instances" | "base" | "fences">,
): InstanceSet {
  const fences = new Map(Object.entries(before.fences));
  const entries = new Map<string, Entry>();
  const first = new Map(Object.entries(before.base));
  const lines = new Map<string, Promise<unknown>>();
  let stopping = false;

  /** Changes of one instance happen one after another; waiting for its health is not a change. */
  const inLine = <T>(id: string, change: () => Promise<T>): Promise<T> => {
    const done = (lines.get(id) ?? Promise.resolve()).then(change);
    lines.set(
      id,
      done.catch(() => undefined),
    );
    return done;
  };

  /** Refuses an older epoch than the one that was here last; a newer one is written down before anything changes. */
  const pastFence = async (id: string, epoch: number | undefined): Promise<Problem | null> => {
    if (epoch === undefined) return null;
    const fence = fences.get(id) ?? 0;
    if (epoch < fence) return fenced(id, epoch, fence);
    if (epoch > fence) {
      fences.set(id, epoch);
      await base.host.save();
    }
    return null;
  };

  const create = async (spec: InstanceSpec, slot: string, left?: ProgramSnapshot): Promise<Entry> => {
    const ports = await choosePorts(base, spec, slot, await stillRuns(left?.process ?? null));
    const entry: Entry = {
      spec,
      digest: specDigest(spec),
      slot,
      ports,
      program: programOf(base, spec, ports, left),
    };
    entries.set(spec.id, entry);
    if (!first.has(spec.service)) first.set(spec.service, spec.id);
    return entry;
  };

  const freeSlot = (spec: InstanceSpec): string =>
    [...entries.values()].some((entry) => entry.slot === spec.service) ? spec.id : spec.service;

  const drop = async (entry: Entry): Promise<void> => {
    await entry.program.stop();
    entries.delete(entry.spec.id);
    const { service, id } = entry.spec;
    if (first.get(service) === id) {
      const next = [...entries.values()].find((other) => other.spec.service === service);
      if (next === undefined) first.delete(service);
      else first.set(service, next.spec.id);
    }
    await base.host.save();
  };

  const waves = (): readonly (readonly Entry[])[] => {
    const order = platformOrder(base.platform);
    const services = order.ok ? order.value.waves : [];
    return services.map((wave) => [...entries.values()].filter((entry) => wave.includes(entry.spec.service)));
  };

  return {
    async reserve() {
      for (const [service, { ports }] of Object.entries(base.platform.services)) {
        const holder = before.instances.find((one) => one.slot === service);
        const held = await stillRuns(holder?.process ?? null);
        for (const [name, wanted] of Object.entries(ports)) {
          await base.ports.choose(`${service}/${name}`, holder?.spec.ports[name] ?? wanted, held);
        }
      }
    },
    async restore() {
      for (const one of before.instances) await create(toSpec(one.spec), one.slot, one);
      for (const entry of [...entries.values()]) {
        if (!entry.program.snapshot().wasHealthy || !(entry.spec.service in base.platform.services))
          await drop(entry);
      }
      for (const wave of waves()) {
        const results = await Promise.all(wave.map((entry) => entry.program.start()));
        for (const problem of results.flatMap((result) => (result.ok ? [] : result.problems))) {
          base.host.log("did not come back", { problem: problem.message });
        }
      }
    },
    async put(spec, epoch) {
      const entry = await inLine(spec.id, async () => {
        if (stopping) return STOPPING;
        const late = await pastFence(spec.id, epoch);
        if (late !== null) return late;
        const known = entries.get(spec.id);
        if (!(spec.service in base.platform.services)) return unknownService(spec);
        if (known !== undefined && known.digest === specDigest(spec)) return known;
        if (known !== undefined) await drop(known);
        return create(spec, freeSlot(spec));
      });
      if ("code" in entry) return failed(entry);
      const started = await entry.program.start();
      return started.ok ? ok(describe(entry)) : started;
    },
    remove: (id, epoch) =>
      inLine(id, async () => {
        const late = await pastFence(id, epoch);
        if (late !== null) return failed(late);
        const entry = entries.get(id);
        if (entry !== undefined) await drop(entry);
        return ok(undefined);
      }),
    list: () => [...entries.values()].map(describe),
    port(service, version, port) {
      const id = version === null ? first.get(service) : `${service}@${version}`;
      const entry = id === undefined ? undefined : entries.get(id);
      if (entry !== undefined) return entry.ports[port] ?? null;
      return version === null ? base.ports.get(`${service}/${port}`) : null;
    },
    async stopAll() {
      stopping = true;
      for (const wave of [...waves()].reverse()) await Promise.all(wave.map((entry) => entry.program.stop()));
    },
    snapshot: () => ({
      base: Object.fromEntries(first),
      fences: Object.fromEntries(fences),
      instances: [...entries.values()].map(({ spec, slot, program }) => ({
        spec: toBody(spec),
        slot,
        ...program.snapshot(),
      })),
    }),
  };
}

/** The wire's shape and core's are the same but for what may be changed. */
const toSpec = (spec: Memory["instances"][number]["spec"]): InstanceSpec => spec;

/** The other way round, copied. */
export const toBody = (spec: InstanceSpec): Memory["instances"][number]["spec"] => ({
  ...spec,
  command: [...spec.command],
  ports: { ...spec.ports },
  env: { ...spec.env },
});

async function choosePorts(
  base: Base,
  spec: InstanceSpec,
  slot: string,
  held: boolean,
): Promise<Readonly<Record<string, number>>> {
  const chosen: Record<string, number> = {};
  // A spec names only the ports it wants otherwise than the platform says.
  const preferred = { ...base.platform.services[spec.service]?.ports, ...spec.ports };
  for (const [name, wanted] of Object.entries(preferred)) {
    const reserved = slot === spec.service ? base.ports.get(`${slot}/${name}`) : null;
    // An address that was handed out stays, whatever number this instance would have liked.
    chosen[name] = reserved ?? (await base.ports.choose(`${slot}/${name}`, wanted, held));
  }
  return chosen;
}

function programOf(
  base: Base,
  spec: InstanceSpec,
  ports: Readonly<Record<string, number>>,
  left: ProgramSnapshot | undefined,
): ManagedProgram {
  const contract = { ...portEnv(ports), SERVICE_NAME: spec.service, SERVICE_VERSION: spec.version };
  return new ManagedProgram(
    {
      name: spec.id,
      logPath: logPathOf(base, spec.id),
      ready: async () => readyProgram(base, spec.command, spec.env, contract),
      healthUrl: `http://127.0.0.1:${ports.http}${spec.health.path}`,
      healthTimeoutMs: spec.health.timeoutSeconds * 1000,
    },
    base.host,
    left,
  );
}

function describe(entry: Entry): RunningInstance {
  const { spec, digest, ports, program } = entry;
  const urls = Object.entries(ports).map(([name, port]) => [name, `http://127.0.0.1:${port}`]);
  return {
    id: spec.id,
    service: spec.service,
    version: spec.version,
    state: program.state,
    digest,
    pid: program.pid,
    urls: Object.fromEntries(urls),
    restarts: program.restarts,
    spec,
  };
}
