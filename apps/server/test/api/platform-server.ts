import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSupervisorClient, type SupervisorState } from "@baton/adapters";
import { approve, createToken, invite, openRun } from "@baton/conductor";
import { type Client, createClient } from "@baton/contracts";
import {
  type Actor,
  createRedactor,
  type Instance,
  instanceId,
  type Journal,
  ok,
  type Plan,
  type Ports,
  ProblemError,
  type Result,
  type Role,
  type Tenant,
  type TokenScope,
} from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import { type Definition, firstRelease, loadDefinition, type Session, servicesOf } from "@baton/session";
import { testDatabase } from "@baton/testkit/postgres";
import pg from "pg";
import { access } from "../../src/access/plugin.ts";
import { createServer } from "../../src/server.ts";
import { builtIn, signInBuiltIn } from "../access/access-server.ts";
import { type Browser, browser } from "../access/browser.ts";
import { type Gate, gateTo } from "./gate.ts";

const PLATFORM = fileURLToPath(new URL("../../../../platform", import.meta.url));
export const environment = "local";
export const ada: Actor = { kind: "person", name: "ada", via: "test" };

/** The server over a journal of its own, with D.Coder's files and a platform that stands in for what runs. */
export interface PlatformServer {
  readonly url: string;
  readonly journal: Journal;
  readonly definition: Definition;
  /** Runs for which a conductor was asked for, in order. */
  readonly launched: readonly string[];
  readonly tenants: Tenant[];
  readonly gate: Gate;
  /** Somebody with a role, signed in with a browser of their own. */
  person(name: string, role: Role): Promise<Client>;
  /** The browser of somebody who was let in. */
  browserOf(name: string): Browser;
  /** A program with a service token. */
  program(scopes: readonly TokenScope[]): Promise<Client & { readonly token: string }>;
  anonymous(): Client;
  /** Stops the server and starts another on the same database, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PlatformServerOptions {
  readonly webRoot?: string;
  /** Called for a run that a conductor is asked for. */
  readonly launch?: (run: string, journal: Journal) => Promise<void>;
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

export const codesOf = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : result.problems.map(({ code }) => code);

/** Starts it on a port and a database of its own. */
export async function platformServer(options: PlatformServerOptions = {}): Promise<PlatformServer> {
  const database = await testDatabase("server");
  const gate = await gateTo(database.url);
  const stateDir = await mkdtemp(join(tmpdir(), "baton-server-"));
  const definition = value(await loadDefinition(PLATFORM));
  // Past the gate: a test writes to the journal also while the server cannot.
  const journal = value(await createPostgresJournal({ url: database.url, poolSize: 3 }));
  const tenants: Tenant[] = ["t1", "t2", "t3"].map((id, at) => ({
    id,
    ring: definition.platform.tenants.rings[at === 0 ? 0 : 1] ?? "",
    database: `db_${id}`,
    host: "db-1",
  }));
  const launched: string[] = [];
  let running = await listen(0);

  async function listen(port: number) {
    const inner = value(await createPostgresJournal({ url: gate.url, poolSize: 4 }));
    const pool = new pg.Pool({ connectionString: gate.url, max: 5 });
    pool.on("error", () => undefined);
    const session = sessionOf({ definition, stateDir, journal: inner, tenants });
    let url = "";
    let firstCode = "";
    const server = await createServer({
      session,
      pool,
      access: access({
        ...{ journal: inner, pool, environment, provider: null, publicUrl: () => url },
        limits: { attempts: 10_000 },
        onFirstCode: (code) => {
          firstCode = code;
        },
      }),
      issuer: null,
      launch: async (run) => {
        launched.push(run);
        await options.launch?.(run, journal);
      },
      webRoot: options.webRoot ?? null,
      redactor: createRedactor([]),
      log: null,
      beatMs: 100,
      checkAnswers: true,
    });
    const { app } = value(server);
    url = await app.listen({ port, host: "127.0.0.1" });
    const stop = async () => {
      await app.close();
      await inner.close();
      await pool.end();
    };
    return { url, stop, firstCode };
  }

  const admin = browser(running.url);
  await signInBuiltIn(admin, "root", running.firstCode);

  const browsers = new Map<string, Browser>();
  const browserOf = (name: string): Browser => {
    const who = browsers.get(name);
    if (who === undefined) throw new Error(`${name} was never let in`);
    return who;
  };
  async function person(name: string, role: Role): Promise<Client> {
    const who = browser(running.url);
    browsers.set(name, who);
    const asker = { principal: builtIn("root") };
    const asked = { journal, environment, asker, reason: "test", name, role, lastsMs: 600_000 };
    await signInBuiltIn(who, name, value(await invite(asked)).code);
    return clientOf(running.url, who);
  }

  return {
    url: running.url,
    ...{ journal, definition, launched, tenants, gate, person, browserOf },
    async program(scopes) {
      const asker = { local: ada };
      const made = value(
        await createToken({
          journal,
          environment,
          asker,
          reason: "test",
          name: "ci",
          scopes,
          lastsMs: 600_000,
        }),
      );
      const headers = () => ({ authorization: `Bearer ${made.token}` });
      return { ...createClient({ baseUrl: running.url, headers }), token: made.token };
    },
    anonymous: () => createClient({ baseUrl: running.url }),
    async restart() {
      const { port } = new URL(running.url);
      await running.stop();
      running = await listen(Number(port));
    },
    async stop() {
      await running.stop();
      await gate.close();
      await journal.close();
      await database.drop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** What a page of ours sends: its cookies, and where it is from. */
const clientOf = (baseUrl: string, { cookies }: Browser): Client =>
  createClient({
    baseUrl,
    headers: () => ({
      cookie: [...cookies].map(([name, secret]) => `${name}=${secret}`).join("; "),
      origin: new URL(baseUrl).origin,
    }),
  });

interface SessionParts {
  readonly definition: Definition;
  readonly stateDir: string;
  readonly journal: Journal;
  readonly tenants: readonly Tenant[];
}

/** A session of a platform of which R1 is up. What no test asks for is not there, and says so. */
function sessionOf({ definition, stateDir, journal, tenants }: SessionParts): Session {
  const first = value(firstRelease(definition)).release.release;
  const instances = Object.entries(value(servicesOf(definition, first))).map(
    ([service, { version }]): Instance => ({
      id: instanceId(service, version),
      ...{ service, version, state: "healthy", digest: "", pid: 1, urls: {}, restarts: 0 },
    }),
  );
  const ports = {
    tenants: { list: async () => ok(tenants) },
    deploy: { instances: async () => ok(instances) },
    traffic: { route: async () => ({ ok: false, problems: [] }) },
  } as unknown as Ports;
  return {
    where: { platformDir: PLATFORM, stateDir },
    definition,
    supervisor: createSupervisorClient(stateDir),
    state: { keys: { url: "http://127.0.0.1:9" } } as SupervisorState,
    ports,
    performers: new Map(),
    journal,
    close: async () => undefined,
  };
}

/** A run of a plan, opened and approved past the server. */
export async function openedRun(journal: Journal, plan: Plan, by: Actor = ada): Promise<string> {
  const run = value(await openRun({ journal, plan, by }));
  value(await approve({ journal, run, planHash: plan.hash, by }));
  return run;
}
