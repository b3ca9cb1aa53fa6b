import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { failed, type Instance, type InstanceSpec, ok, type Problem, type Result } from "@baton/core";
import { z } from "zod";
import {
  type HelperBody,
  HelperState,
  InstanceBody,
  ProblemsBody,
  type RunBody,
  RunOutcome,
  SupervisorAddress,
  SupervisorState,
} from "./api.ts";

/** Name of the file in the state folder that says where the supervisor is. */
export const ADDRESS_FILE = "supervisor.json";

const STATE_TIMEOUT_MS = 10_000;
const SHUTDOWN_TIMEOUT_MS = 90_000;

/**
 * Speaks to the supervisor of one state folder. It reads the address anew for each call, so that a supervisor that was
 * started again is found. Problems: `BATON-SUPERVISOR-ABSENT` (none has an address there), `BATON-SUPERVISOR-UNREACHABLE`
 * (it does not answer), and those the supervisor itself answers with.
 */
export interface SupervisorClient {
  readonly stateDir: string;
  state(signal?: AbortSignal): Promise<Result<SupervisorState>>;
  /** Resolves when the instance is healthy. */
  putInstance(spec: InstanceSpec, signal?: AbortSignal, epoch?: number): Promise<Result<Instance>>;
  /** Resolves when its process has ended; ok when there is none. */
  deleteInstance(id: string, signal?: AbortSignal, epoch?: number): Promise<Result<void>>;
  putHelper(name: string, helper: HelperBody, signal?: AbortSignal): Promise<Result<HelperState>>;
  deleteHelper(name: string, signal?: AbortSignal): Promise<Result<void>>;
  /** Runs a program to its end; a program that fails is an outcome, not a problem. Aborting ends the program. */
  run(program: RunBody, signal?: AbortSignal): Promise<Result<RunOutcome>>;
  /** What comes back may hold secrets. */
  resolve(text: string, signal?: AbortSignal): Promise<Result<string>>;
  /** Resolves when everything the supervisor owned has ended; the supervisor itself ends right after. */
  shutdown(): Promise<Result<void>>;
}

/** A client for the supervisor whose state folder this is; nothing is asked of it yet. */
export function createSupervisorClient(stateDir: string): SupervisorClient {
  const call = <T>(ask: Omit<Ask, "stateDir">, schema: z.ZodType<T>): Promise<Result<T>> =>
    askSupervisor({ ...ask, stateDir }, schema);
  const path = (kind: string, name: string) => `/v1/${kind}/${encodeURIComponent(name)}`;
  const done = async (ask: Omit<Ask, "stateDir">): Promise<Result<void>> => {
    const answer = await call(ask, z.unknown());
    return answer.ok ? ok(undefined) : answer;
  };
  return {
    stateDir,
    state: (signal) =>
      call({ method: "GET", path: "/v1/state", signal, timeoutMs: STATE_TIMEOUT_MS }, SupervisorState),
    putInstance: (spec, signal, epoch) =>
      call({ method: "PUT", path: path("instances", spec.id), body: { spec, epoch }, signal }, InstanceBody),
    deleteInstance: (id, signal, epoch) =>
      done({
        method: "DELETE",
        path: `${path("instances", id)}${epoch === undefined ? "" : `?epoch=${epoch}`}`,
        signal,
      }),
    putHelper: (name, helper, signal) =>
      call({ method: "PUT", path: path("helpers", name), body: helper, signal }, HelperState),
    deleteHelper: (name, signal) => done({ method: "DELETE", path: path("helpers", name), signal }),
    run: (program, signal) => call({ method: "POST", path: "/v1/run", body: program, signal }, RunOutcome),
    async resolve(text, signal) {
      const answer = await call(
        { method: "POST", path: "/v1/resolve", body: { text }, signal },
        z.object({ text: z.string() }),
      );
      return answer.ok ? ok(answer.value.text) : answer;
    },
    shutdown: () => done({ method: "POST", path: "/v1/shutdown", body: {}, timeoutMs: SHUTDOWN_TIMEOUT_MS }),
  };
}

/** The address a supervisor left in the state folder; null where there is none or it cannot be read. */
export async function readSupervisorAddress(stateDir: string): Promise<SupervisorAddress | null> {
  try {
    const parsed = SupervisorAddress.safeParse(
      JSON.parse(await readFile(join(stateDir, ADDRESS_FILE), "utf8")),
    );
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

interface Ask {
  readonly stateDir: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

async function askSupervisor<T>(ask: Ask, schema: z.ZodType<T>): Promise<Result<T>> {
  const address = await readSupervisorAddress(ask.stateDir);
  if (address === null) {
    return failed({
      code: "BATON-SUPERVISOR-ABSENT",
      message: `No supervisor is running for the state folder ${ask.stateDir}.`,
      remedy: "Start it with `baton up`.",
    });
  }
  const answer = await exchange(address, ask);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  const parsed = schema.safeParse(body);
  if (status >= 200 && status < 300 && parsed.success) return ok(parsed.data);
  const problems = ProblemsBody.safeParse(body);
  if (problems.success) return { ok: false, problems: problems.data.problems as readonly Problem[] };
  return failed({
    code: "BATON-SUPERVISOR-ANSWER",
    message: `The supervisor answered ${ask.method} ${ask.path} with ${status} and a body this Baton does not know.`,
    remedy: "Run `baton down` and `baton up`, so that the supervisor and the command are of one version.",
  });
}

/** One request without pooling: a start may take as long as its own health time-out, so there is no time-out of ours by default. */
function exchange(address: SupervisorAddress, ask: Ask): Promise<Result<{ status: number; body: unknown }>> {
  const payload = ask.body === undefined ? undefined : JSON.stringify(ask.body);
  return new Promise((resolve) => {
    const unreachable = (why: string) =>
      resolve(
        failed({
          code: "BATON-SUPERVISOR-UNREACHABLE",
          message: `The supervisor at ${address.url} did not answer ${ask.method} ${ask.path}: ${why}.`,
          remedy: "See .baton/logs/supervisor.log, then start it again with `baton up`.",
        }),
      );
    const outgoing = request(
      new URL(ask.path, address.url),
      {
        method: ask.method,
        agent: false,
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
        headers: {
          authorization: `Bearer ${address.token}`,
          ...(payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", (error) => unreachable(error.message));
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve(ok({ status: incoming.statusCode ?? 0, body: parseJson(text) }));
        });
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => unreachable(error.code ?? error.message));
    if (ask.timeoutMs !== undefined) {
      outgoing.setTimeout(ask.timeoutMs, () =>
        outgoing.destroy(new Error(`no answer within ${ask.timeoutMs} ms`)),
      );
    }
    outgoing.end(payload);
  });
}

function parseJson(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
