import { readFile } from "node:fs/promises";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { openSealedKeys } from "./sealed-file.ts";
import { KeyTokens, transitServer } from "./transit-server.ts";

/**
 * The key service as a process. Environment: `KEYS_FILE`; `KEYS_PASSPHRASE_FILE` or `BATON_KEYS_PASSPHRASE`;
 * `KEYS_TOKENS`, JSON or the path of a JSON file, `{name: {token, may: ["use", "manage"]}}`; `HOST`, `PORT`.
 * Exit codes: 0 after TERM, 2 bad settings, 3 wrong passphrase or damaged key file, 4 the port cannot be had.
 */
async function main(): Promise<number> {
  const env = process.env;
  const settings = await readSettings(env);
  if (!settings.ok) return refuse(settings.problems, 2);
  const { file, passphrase, tokens } = settings.value;
  const keys = await openSealedKeys(file, passphrase);
  if (!keys.ok) return refuse(keys.problems, 3);

  const app = transitServer(keys.value, tokens);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  try {
    const url = await app.listen({ host: env.HOST ?? "127.0.0.1", port: Number(env.PORT ?? "0") });
    log("info", "listening", { url });
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    const problem: Problem = {
      code: "BATON-KEYS-PORT",
      message: `The key service cannot listen on port ${env.PORT ?? "0"}: ${why}.`,
      remedy: "Free the port or give another one in PORT.",
    };
    return refuse([problem], 4);
  }
  await stopped;
  await app.close();
  log("info", "stopped", {});
  return 0;
}

interface Settings {
  readonly file: string;
  readonly passphrase: string;
  readonly tokens: KeyTokens;
}

async function readSettings(env: NodeJS.ProcessEnv): Promise<Result<Settings>> {
  const problems: Problem[] = [];
  const bad = (what: string, remedy: string): undefined => {
    problems.push({ code: "BATON-KEYS-SETTINGS", message: what, remedy });
  };
  const file = env.KEYS_FILE ?? bad("KEYS_FILE is not set.", "Give the path of the sealed key file.");
  const passphrase =
    (await passphraseOf(env)) ??
    bad(
      "There is no passphrase to read.",
      "Set KEYS_PASSPHRASE_FILE to a readable file, or BATON_KEYS_PASSPHRASE.",
    );
  const tokens =
    (await tokensOf(env.KEYS_TOKENS)) ??
    bad(
      "KEYS_TOKENS is not what it should be.",
      'Give JSON, or the path of a JSON file: {"name": {"token": "at least 16 characters", "may": ["use"]}}.',
    );
  if (file === undefined || passphrase === undefined || tokens === undefined) return failed(...problems);
  return ok({ file, passphrase, tokens });
}

async function passphraseOf(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (env.BATON_KEYS_PASSPHRASE !== undefined) return env.BATON_KEYS_PASSPHRASE;
  if (env.KEYS_PASSPHRASE_FILE === undefined) return undefined;
  const text = await readFile(env.KEYS_PASSPHRASE_FILE, "utf8").catch(() => undefined);
  return text?.replace(/\r?\n$/, "");
}

async function tokensOf(value: string | undefined): Promise<KeyTokens | undefined> {
  if (value === undefined) return undefined;
  try {
    const text = value.trimStart().startsWith("{") ? value : await readFile(value, "utf8");
    const parsed = KeyTokens.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** One line of JSON a problem, on stderr, for whoever started the process. */
function refuse(problems: readonly Problem[], exitCode: number): number {
  const time = new Date().toISOString();
  for (const { code, message, remedy } of problems)
    process.stderr.write(
      `${JSON.stringify({ time, level: "error", service: "keys", code, message, remedy })}\n`,
    );
  return exitCode;
}

function log(level: string, msg: string, fields: Readonly<Record<string, string>>): void {
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ time, level, service: "keys", msg, ...fields })}\n`);
}

process.exitCode = await main();
