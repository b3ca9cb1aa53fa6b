import type { InstanceId } from "../model/ids.ts";
import type { Result } from "../problem.ts";

/** One version of a service to run. `env` and `health` still hold `${…}` templates; who starts the process resolves them. */
export interface InstanceSpec {
  readonly id: InstanceId;
  readonly service: string;
  readonly version: string;
  readonly command: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly env: Readonly<Record<string, string>>;
  readonly health: { readonly path: string; readonly timeoutSeconds: number };
}

export interface Instance {
  readonly id: InstanceId;
  readonly service: string;
  readonly version: string;
  /** `starting` until its health check passed once; `failed` when it gave up. */
  readonly state: "starting" | "healthy" | "failed" | "stopping";
  /** SHA-256 of the spec it was started from, hex. */
  readonly digest: string;
  readonly pid: number | null;
  /** Base URL by port name, as in `{ http: "http://127.0.0.1:8082" }`. */
  readonly urls: Readonly<Record<string, string>>;
  readonly restarts: number;
  /** What it was started from, where the target tells: enough to start it again after it was retired. Holds no secret. */
  readonly spec?: InstanceSpec;
}

/**
 * Starts and stops versions of services. Convergent: asking twice for the same thing is asking once. Fenced: whoever gives an
 * epoch raises the instance's fence to it, also where nothing is to be done, and a change under an older epoch is refused
 * (`BATON-DEPLOY-FENCED`). A person's own command gives none.
 */
export interface DeployPort {
  /** All instances there are, or why that cannot be known. Never "none" for "unknown". */
  instances(): Promise<Result<readonly Instance[]>>;
  /** Digest that `start` would record for this spec. */
  digest(spec: InstanceSpec): string;
  /** Resolves when the instance is healthy; fails with a problem that quotes the end of its log. */
  start(spec: InstanceSpec, signal: AbortSignal, epoch?: number): Promise<Result<Instance>>;
  /** Lets open requests finish, then ends the process. Ok when there is none. */
  stop(id: InstanceId, signal: AbortSignal, epoch?: number): Promise<Result<void>>;
}
