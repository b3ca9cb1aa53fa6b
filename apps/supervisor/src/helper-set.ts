import { createHash } from "node:crypto";
import type { HelperBody, HelperState } from "@baton/adapters";
import { failed, ok, type Result } from "@baton/core";
import { type Base, logPathOf, portEnv, readyProgram } from "./base.ts";
import { ManagedProgram, type ProgramSnapshot, stillRuns } from "./managed-program.ts";
import type { Memory } from "./memory.ts";

interface Entry {
  readonly name: string;
  readonly helper: HelperBody;
  readonly digest: string;
  readonly port: number | null;
  readonly program: ManagedProgram;
}

/** Programs beside the services, such as the workload. They outlive a supervisor that crashed, and end with one that stops. */
export interface HelperSet {
  reserve(): Promise<void>;
  restore(): Promise<void>;
  put(name: string, helper: HelperBody): Promise<Result<HelperState>>;
  remove(name: string): Promise<void>;
  list(): readonly HelperState[];
  stopAll(): Promise<void>;
  snapshot(): Memory["helpers"];
}

const HEALTH_TIMEOUT_MS = 30_000;
const portName = (name: string) => `${name} helper/http`;

/** An empty set that remembers what `before` says. */
export function createHelperSet(base: Base, before: Memory["helpers"]): HelperSet {
  const entries = new Map<string, Entry>();
  let line: Promise<unknown> = Promise.resolve();
  let stopping = false;
  const inLine = <T>(change: () => Promise<T>): Promise<T> => {
    const done = line.then(change);
    line = done.catch(() => undefined);
    return done;
  };
  const create = async (name: string, helper: HelperBody, left?: ProgramSnapshot): Promise<Entry> => {
    const held = await stillRuns(left?.process ?? null);
    const port =
      helper.port === undefined ? null : await base.ports.choose(portName(name), helper.port, held);
    const program = programOf(base, name, helper, port, left);
    const entry = { name, helper, digest: digestOf(helper), port, program };
    entries.set(name, entry);
    return entry;
  };
  const drop = async (entry: Entry): Promise<void> => {
    await entry.program.stop();
    entries.delete(entry.name);
    await base.host.save();
  };
  return {
    async reserve() {
      const workload = base.platform.workload;
      const left = before.find((one) => one.name === "workload")?.process ?? null;
      if (workload !== undefined)
        await base.ports.choose(portName("workload"), workload.port, await stillRuns(left));
    },
    async restore() {
      for (const one of before) {
        const entry = await create(one.name, one.helper, one);
        if (one.wasHealthy) await entry.program.start();
        else await drop(entry);
      }
    },
    async put(name, helper) {
      const entry = await inLine(async () => {
        if (stopping) return null;
        const known = entries.get(name);
        if (known !== undefined && known.digest === digestOf(helper)) return known;
        if (known !== undefined) await drop(known);
        return create(name, helper);
      });
      if (entry === null) {
        return failed({
          code: "BATON-SUPERVISOR-STOPPING",
          message: "The supervisor is stopping and starts nothing new.",
          remedy: "Run `baton up` once it has ended.",
        });
      }
      const started = await entry.program.start();
      return started.ok ? ok(describe(entry)) : started;
    },
    remove: (name) =>
      inLine(async () => {
        const entry = entries.get(name);
        if (entry !== undefined) await drop(entry);
      }),
    list: () => [...entries.values()].map(describe),
    async stopAll() {
      stopping = true;
      await Promise.all([...entries.values()].map(drop));
    },
    snapshot: () =>
      [...entries.values()].map(({ name, helper, program }) => ({
        name,
        helper: {
          command: helper.command,
          env: helper.env ?? {},
          ...(helper.port === undefined ? {} : { port: helper.port }),
        },
        ...program.snapshot(),
      })),
  };
}

const digestOf = (helper: HelperBody): string =>
  createHash("sha256")
    .update(JSON.stringify([helper.command, Object.entries(helper.env ?? {}).sort(), helper.port ?? null]))
    .digest("hex");

function programOf(
  base: Base,
  name: string,
  helper: HelperBody,
  port: number | null,
  left: ProgramSnapshot | undefined,
): ManagedProgram {
  const contract = { ...portEnv(port === null ? {} : { http: port }), SERVICE_NAME: name };
  return new ManagedProgram(
    {
      name,
      logPath: logPathOf(base, name),
      ready: async () => readyProgram(base, helper.command, helper.env ?? {}, contract),
      healthUrl: port === null ? null : `http://127.0.0.1:${port}/health`,
      healthTimeoutMs: HEALTH_TIMEOUT_MS,
    },
    base.host,
    left,
  );
}

const describe = ({ name, port, program }: Entry): HelperState => ({
  name,
  state: program.state,
  pid: program.pid,
  url: port === null ? null : `http://127.0.0.1:${port}`,
  restarts: program.restarts,
});
