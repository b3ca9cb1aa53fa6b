import { environment } from "../shared/environment.ts";

/** How the workload is set up; every value comes from the environment. */
export interface WorkloadConfig {
  readonly host: string;
  readonly port: number;
  readonly gatewayUrl: string;
  readonly issuer: string;
  readonly usersSecret: string;
  /** File of acknowledged writes, outside the platform. */
  readonly ledger: string;
  readonly usersPerTenant: number;
  /** Requests a second, all users together. */
  readonly rate: number;
  /** Share of requests that write, 0 to 1. */
  readonly writeShare: number;
  /** Prompts a tenant's users keep in hand; beyond it they change prompts and make no new ones. */
  readonly promptsPerTenant: number;
}

/** Reads the configuration. Ends the process with code 2, naming all that is missing or not a number in its range. */
export function readConfig(): WorkloadConfig {
  const env = environment(["GATEWAY_URL", "ISSUER", "USERS_SECRET", "LEDGER", "PORT"]);
  const wrong: string[] = [];
  const number = (name: string, fallback: number, min: number, max: number): number => {
    const text = process.env[name] ?? "";
    const value = text === "" ? fallback : Number(text);
    if (!(value >= min && value <= max)) wrong.push(`${name} is a number from ${min} to ${max}`);
    return value;
  };
  const config: WorkloadConfig = {
    host: process.env.HOST ?? "127.0.0.1",
    port: Number(env.PORT),
    gatewayUrl: env.GATEWAY_URL.replace(/\/+$/, ""),
    issuer: env.ISSUER,
    usersSecret: env.USERS_SECRET,
    ledger: env.LEDGER,
    usersPerTenant: Math.floor(number("USERS_PER_TENANT", 2, 1, 100)),
    rate: number("RATE", 60, 0.1, 5000),
    writeShare: number("WRITE_SHARE", 0.35, 0, 0.9),
    promptsPerTenant: Math.floor(number("PROMPTS_PER_TENANT", 400, 1, 5000)),
  };
  if (wrong.length > 0) {
    process.stderr.write(`environment: ${wrong.join("; ")}.\n`);
    process.exit(2);
  }
  return config;
}
