import { setTimeout as pause } from "node:timers/promises";
import { DEMO_ROLES, PLATFORM_ADMIN, PLATFORM_TENANT } from "../shared/demo-users.ts";
import type { JsonLog } from "../shared/json-log.ts";
import type { WorkloadConfig } from "./config.ts";
import { GatewayClient } from "./gateway-client.ts";
import { Ledger, LedgerError } from "./ledger.ts";
import { Operations } from "./operations.ts";
import { PromptLocks } from "./prompt-locks.ts";
import { Session } from "./session.ts";
import { type RequestCount, TrafficStats } from "./stats.ts";
import { readTenants } from "./tenants.ts";
import { User } from "./user.ts";
import { type Verification, verify } from "./verify.ts";

/** Demonstration users in the order a tenant gets them: a writer first. */
const ROLE_ORDER = ["editor", "viewer", "admin"] as const;
const RETRY_MS = 500;
const SIGN_INS_AT_ONCE = 4;
const QUIET_POLL_MS = 5;
const MAX_WRITE_SHARE = 0.95;

/** Users at work on every tenant of the platform, and the ledger of what they were told. */
export class Workload {
  readonly stats: TrafficStats;
  readonly #config: WorkloadConfig;
  readonly #log: JsonLog;
  readonly #ledger: Ledger;
  readonly #client: GatewayClient;
  readonly #locks = new PromptLocks();
  readonly #operations: Operations;
  readonly #stop = new AbortController();
  readonly #sessions = new Map<string, Session>();
  #users: User[] = [];
  #work: Promise<unknown> = Promise.resolve();
  #paused: { readonly promise: Promise<void>; readonly open: () => void } | null = null;
  #ready = false;
  #verification: Promise<Verification> | null = null;

  /** Opens the ledger; throws `LedgerError` where it is damaged or cannot be opened. */
  constructor(config: WorkloadConfig, log: JsonLog) {
    this.#config = config;
    this.#log = log;
    this.#ledger = new Ledger(config.ledger, Date.now());
    const remember = (count: RequestCount): void => {
      if (this.#ledger.broken === null) this.#ledger.count(count);
    };
    this.stats = new TrafficStats(() => performance.now(), this.#ledger.counted, remember);
    this.#client = new GatewayClient(config.gatewayUrl);
    this.#operations = new Operations({
      client: this.#client,
      ledger: this.#ledger,
      locks: this.#locks,
      random: Math.random,
      now: Date.now,
    });
  }

  /** True when every user has signed in and the ledger can be written. */
  get ready(): boolean {
    return this.#ready && this.#ledger.broken === null;
  }

  /** Why nothing can go on; null while all is well. */
  get broken(): string | null {
    return this.#ledger.broken;
  }

  get running(): boolean {
    return this.ready && this.#paused === null && !this.#stop.signal.aborted;
  }

  get acknowledged(): number {
    return this.#ledger.book.acknowledged;
  }

  /** Signs everybody in and begins. Until the platform lets it, it tries again; it gives up only when stopped. */
  async start(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#enter();
        return;
      } catch (error) {
        this.#log.info("waiting for the platform", {
          reason: error instanceof Error ? error.message : String(error),
        });
        await pause(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  /** No new request begins; resolves when the last one under way has ended. */
  async pause(): Promise<void> {
    if (this.#paused === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#paused = { promise, open: resolve };
    }
    while (this.#users.some((user) => user.busy)) await pause(QUIET_POLL_MS);
  }

  /** Users go on. */
  resume(): void {
    this.#paused?.open();
    this.#paused = null;
  }

  /** Reads everything acknowledged back. Who asks while one is under way gets that one's answer. */
  verify(): Promise<Verification> {
    this.#verification ??= verify({
      book: this.#ledger.book,
      locks: this.#locks,
      operations: this.#operations,
      sessionOf: (tenant) => this.#sessions.get(tenant),
      signal: this.#stop.signal,
    }).finally(() => {
      this.#verification = null;
    });
    return this.#verification;
  }

  /** No further request begins, and a verification under way is given up. */
  halt(): void {
    this.#stop.abort();
    for (const user of this.#users) user.stop();
    this.resume();
  }

  /** Stops: what is under way ends first, then the ledger is closed. */
  async stop(): Promise<void> {
    this.halt();
    await Promise.allSettled([this.#work, this.#verification]);
    if (this.#ledger.broken === null) this.#ledger.count(this.stats.requests);
    this.#ledger.close();
  }

  async #enter(): Promise<void> {
    const root = this.#session(PLATFORM_ADMIN, PLATFORM_TENANT);
    const tenants = await readTenants(this.#client, root);
    if (tenants.length === 0) throw new Error("the platform has no tenant that is ready");
    const users = tenants.flatMap((tenant) => this.#usersOf(tenant, tenants.length));
    await signInAll(users.map(({ session }) => session));
    for (const { session } of users)
      if (!this.#sessions.has(session.tenant)) this.#sessions.set(session.tenant, session);
    if (this.#stop.signal.aborted) return;
    this.#users = users.map(({ user }) => user);
    this.#ready = true;
    this.#work = Promise.all(this.#users.map((user) => this.#guard(user)));
    this.#log.info("users at work", {
      tenants: tenants.length,
      users: users.length,
      rate: this.#config.rate,
    });
  }

  /** A ledger that cannot be written ends all traffic: what is not written down may not be sent. */
  async #guard(user: User): Promise<void> {
    try {
      await user.work(() => this.#paused?.promise ?? null);
    } catch (error) {
      for (const other of this.#users) other.stop();
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error(error instanceof LedgerError ? "ledger" : "user failed", { reason });
      if (!(error instanceof LedgerError)) throw error;
    }
  }

  #usersOf(tenant: string, tenants: number): { user: User; session: Session }[] {
    const { usersPerTenant, rate, writeShare, promptsPerTenant } = this.#config;
    const roles = Array.from(
      { length: usersPerTenant },
      (_, at) => ROLE_ORDER[at % ROLE_ORDER.length] ?? "editor",
    );
    const writers = roles.filter(mayWrite).length;
    return roles.map((role) => {
      const session = this.#session(`${role}@${tenant}`, tenant);
      const user = new User({
        session,
        writes: mayWrite(role),
        writeShare: Math.min(MAX_WRITE_SHARE, (writeShare * usersPerTenant) / writers),
        intervalMs: (1000 * usersPerTenant * tenants) / rate,
        promptsPerTenant,
        operations: this.#operations,
        book: this.#ledger.book,
        locks: this.#locks,
        stats: this.stats,
        random: Math.random,
        clock: () => performance.now(),
      });
      return { user, session };
    });
  }

  #session(username: string, tenant: string): Session {
    const { issuer, gatewayUrl, usersSecret } = this.#config;
    return new Session(username, tenant, { issuer, gatewayUrl, usersSecret });
  }
}

const mayWrite = (role: string): boolean => DEMO_ROLES[role]?.some((held) => held !== "viewer") ?? false;

async function signInAll(sessions: readonly Session[]): Promise<void> {
  const queue = sessions.values();
  const worker = async (): Promise<void> => {
    for (const session of queue) await session.token();
  };
  await Promise.all(Array.from({ length: SIGN_INS_AT_ONCE }, worker));
}
