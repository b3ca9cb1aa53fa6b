import { createGatewayTraffic, type RunBody, type RunOutcome, type SupervisorState } from "@baton/adapters";
import { ok, type Platform, type Result } from "@baton/core";
import type { Base } from "./base.ts";
import { type DatabaseServers, databaseUrl, ensureDatabases } from "./databases.ts";
import { createHelperSet, type HelperSet } from "./helper-set.ts";
import { createInstanceSet, type InstanceSet, toBody } from "./instance-set.ts";
import { findPassphrase, keyService } from "./key-service.ts";
import type { ManagedProgram, ProgramHost } from "./managed-program.ts";
import { type Memory, memoryWriter, readMemory } from "./memory.ts";
import { openPortBook, type PortBook } from "./port-book.ts";
import { keepEmbeddedPostgres, type PostgresKeeper, useExternalPostgres } from "./postgres-keeper.ts";
import { resolveTemplates, type TemplateSource } from "./resolve-templates.ts";
import { createRunSet, type RunSet } from "./run-set.ts";
import { OWN_SECRETS, openSecrets, type Secrets } from "./secrets.ts";

/** Everything a supervisor is told; it reads nothing from its environment itself. */
export interface SupervisorOptions {
  readonly stateDir: string;
  readonly platformDir: string;
  readonly nodePath: string;
  readonly platform: Platform;
  /** DATABASE_URL: a server to use in place of the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Addresses of the platform's further servers, by name, where the environment gave them. */
  readonly servers: Readonly<Record<string, string>>;
  /** BATON_KEYS_PASSPHRASE. */
  readonly passphrase: string | undefined;
  readonly log: ProgramHost["log"];
  /** What a person who waits for the start may see. */
  readonly say: (line: string) => void;
}

/** A supervisor whose PostgreSQL and key service run. */
export interface Supervisor {
  readonly instances: InstanceSet;
  readonly helpers: HelperSet;
  /** Brings back what ran before, then is ready. */
  restore(): Promise<void>;
  run(program: RunBody, signal: AbortSignal): Promise<Result<RunOutcome>>;
  resolve(text: string): Result<string>;
  state(): SupervisorState;
  /** Names under which something logs that runs, or is about to. */
  programs(): ReadonlySet<string>;
  /** Ends everything in order: helpers, services against their dependencies, keys, PostgreSQL. A second call waits for the first. */
  stop(): Promise<void>;
}

/** Preferred ports of what has none in the platform's file. */
const POSTGRES_PORT = 54_310;
const KEYS_PORT = 8_210;

/**
 * Starts the base of a platform: ports chosen, secrets there, PostgreSQL up with its databases, key service open. What
 * was started is ended again when one of them fails.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Result<Supervisor>> {
  const startedAt = Date.now();
  const { stateDir, platform } = options;
  const memory = await readMemory(stateDir);
  const secrets = await openSecrets(stateDir);
  const password = await secrets.ensure(OWN_SECRETS.postgres);
  for (const name of platform.secrets) await secrets.ensure(name);
  const passphrase = await findPassphrase(stateDir, options.passphrase, secrets);
  if (!passphrase.ok) return passphrase;

  const parts = assemble(options, memory, secrets, password);
  const { base, ports, instances, helpers, runs } = parts;
  await runs.endLeft();
  await instances.reserve();
  await helpers.reserve();
  const keysPort = await ports.choose("keys", KEYS_PORT, memory.keys?.process != null);
  options.say(options.databaseUrl === undefined ? "PostgreSQL starts" : "PostgreSQL of DATABASE_URL");
  const postgres = await startPostgres(options, ports, password);
  if (!postgres.ok) return postgres;
  const servers = await findServers(options, postgres.value);
  if (!servers.ok) {
    await postgres.value.stop();
    return servers;
  }
  parts.attach(servers.value);
  const databases = await ensureDatabases(platform, servers.value, secrets.get);
  const keys = keyService(base, keysPort, passphrase.value, memory.keys ?? undefined);
  parts.attachKeys(keys);
  const opened = databases.ok ? await keys.start() : databases;
  if (!opened.ok) {
    await keys.stop();
    await postgres.value.stop();
    return opened;
  }

  let phase: SupervisorState["phase"] = "starting";
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    phase = "stopping";
    await Promise.all([helpers.stopAll(), runs.stopAll()]);
    await instances.stopAll();
    await keys.stop();
    await postgres.value.stop();
    await base.host.save();
  };
  return ok({
    instances,
    helpers,
    async restore() {
      await instances.restore();
      // Before the workload's first request: a port may be another program's by now.
      await tellGateway(options, base, instances);
      await helpers.restore();
      await base.host.save();
      if (phase === "starting") phase = "ready";
    },
    run: runs.run,
    resolve: (text) => resolveTemplates(text, base.templates),
    state: () => ({
      pid: process.pid,
      startedAt,
      phase,
      platformDir: options.platformDir,
      stateDir,
      postgres: postgres.value.state(),
      servers: Object.entries(options.servers).flatMap(([name, url]) => (url === "" ? [] : [name])),
      keys: {
        url: `http://127.0.0.1:${keysPort}`,
        state: keys.state,
        pid: keys.pid,
        restarts: keys.restarts,
      },
      instances: instances.list().map((one) => ({ ...one, urls: { ...one.urls }, spec: toBody(one.spec) })),
      helpers: [...helpers.list()],
      generated: [...secrets.generated()],
      moved: moved(ports),
    }),
    programs: () =>
      new Set([
        "supervisor",
        "postgres",
        "keys",
        "backups",
        ...instances.list().map(({ id }) => id),
        ...helpers.list().map(({ name }) => name),
        ...runs.snapshot().map(({ name }) => name),
      ]),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  });
}

/** Tells the gateway, where one came back, at which addresses the others did. */
async function tellGateway(options: SupervisorOptions, base: Base, instances: InstanceSet): Promise<void> {
  if (instances.list().length === 0) return;
  const traffic = createGatewayTraffic({
    traffic: options.platform.traffic,
    resolve: { text: async (text) => resolveTemplates(text, base.templates) },
    deploy: { instances: async () => ok(instances.list()) },
  });
  const told = await traffic.syncUpstreams();
  for (const { code, message } of told.ok ? [] : told.problems)
    options.log("the gateway does not know where services listen", { code, problem: message });
}

interface Parts {
  readonly base: Base;
  readonly ports: PortBook;
  readonly instances: InstanceSet;
  readonly helpers: HelperSet;
  readonly runs: RunSet;
  /** From then on templates can name databases. */
  attach(servers: DatabaseServers): void;
  attachKeys(keys: ManagedProgram): void;
}

/** Ties the parts together that need each other: programs write the memory, the memory is made of the programs. */
function assemble(
  options: SupervisorOptions,
  memory: Memory,
  secrets: Secrets,
  fingerprintKey: string,
): Parts {
  const ports = openPortBook(memory.ports);
  let servers: DatabaseServers | null = null;
  let keys: ManagedProgram | null = null;
  const save = memoryWriter(options.stateDir, () => ({
    version: 1,
    ports: { ...ports.entries() },
    ...instances.snapshot(),
    helpers: helpers.snapshot(),
    keys: keys?.snapshot() ?? memory.keys,
    runs: runs.snapshot(),
  }));
  const host: ProgramHost = {
    fingerprintKey,
    save: () =>
      save().catch((error: unknown) =>
        options.log("the state cannot be written down", { error: String(error) }),
      ),
    secretValues: secrets.values,
    log: options.log,
  };
  const templates: TemplateSource = {
    port: (service, version, port) => instances.port(service, version, port),
    database: (name) => (servers === null ? null : databaseUrl(name, options.platform, servers, secrets.get)),
    server: (name) => (name in options.platform.servers ? (servers?.further(name).adminUrl() ?? null) : null),
    secret: (name) => (options.platform.secrets.includes(name) ? secrets.get(name) : null),
    keysUrl: () => `http://127.0.0.1:${ports.get("keys") ?? 0}`,
    stateDir: options.stateDir,
    platformDir: options.platformDir,
  };
  const base: Base = { ...options, ports, host, templates };
  const instances = createInstanceSet(base, memory);
  const helpers = createHelperSet(base, memory.helpers);
  const runs = createRunSet(base, memory.runs);
  return {
    base,
    ports,
    instances,
    helpers,
    runs,
    attach: (started) => {
      servers = started;
    },
    attachKeys: (program) => {
      keys = program;
    },
  };
}

/** The platform's own server, and those that the environment named beside it, once each has answered. */
async function findServers(
  options: SupervisorOptions,
  own: PostgresKeeper,
): Promise<Result<DatabaseServers>> {
  const named = new Map<string, PostgresKeeper>();
  for (const [name, variable] of Object.entries(options.platform.servers)) {
    const url = options.servers[name];
    if (url === undefined || url === "") continue;
    const server = await useExternalPostgres(url, variable);
    if (!server.ok) return server;
    named.set(name, server.value);
  }
  return ok({ own, further: (name) => named.get(name) ?? own });
}

async function startPostgres(
  options: SupervisorOptions,
  ports: PortBook,
  password: string,
): Promise<Result<PostgresKeeper>> {
  if (options.databaseUrl !== undefined && options.databaseUrl !== "") {
    return useExternalPostgres(options.databaseUrl, "DATABASE_URL");
  }
  // Held: a server that still runs is taken over with its port, and the starter itself moves off a taken one.
  const port = await ports.choose("postgres", POSTGRES_PORT, true);
  const started = await keepEmbeddedPostgres({
    stateDir: options.stateDir,
    password,
    port,
    log: options.log,
  });
  if (!started.ok) return started;
  const got = started.value.state().port;
  if (got !== null) ports.note("postgres", got);
  return started;
}

/** Only what people know by its number; nobody expects PostgreSQL or the key service at a certain port. */
const moved = (ports: PortBook): SupervisorState["moved"] =>
  Object.entries(ports.entries())
    .filter(([name, { wanted, got }]) => name.includes("/") && wanted !== got)
    .map(([name, { wanted, got }]) => ({ name: name.replace("/", " "), wanted, got }));
