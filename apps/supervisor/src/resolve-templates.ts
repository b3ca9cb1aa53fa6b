import { failed, ok, type Problem, type Result } from "@baton/core";

const TEMPLATE = /\$\{([^{}]*)\}/g;
const SERVICE = /^service\.([a-z][a-z0-9-]*?)(?:@([^${}]+?))?(?:\.([a-z][a-z0-9-]*))?\.(url|port)$/;

/** What the templates may name, as the running environment knows it; null: it does not know such a thing. */
export interface TemplateSource {
  /** Port of a service by the port's name; of a version of it, or of the first started one when none is given. */
  port(service: string, version: string | null, port: string): number | null;
  database(name: string): string | null;
  /** Connection string with all rights to a server of the platform's `servers`. For Baton alone: no file may name it. */
  server(name: string): string | null;
  secret(name: string): string | null;
  keysUrl(): string;
  readonly stateDir: string;
  readonly platformDir: string;
}

/** Fills every `${…}` of a text, or names all that cannot be filled (`BATON-TEMPLATE-UNKNOWN`). The text may then hold secrets. */
export function resolveTemplates(text: string, source: TemplateSource): Result<string> {
  const problems: Problem[] = [];
  const filled = text.replaceAll(TEMPLATE, (whole, name: string) => {
    const value = lookUp(name, source);
    if (value === null) {
      problems.push({
        code: "BATON-TEMPLATE-UNKNOWN",
        message: `\`${whole}\` names nothing that runs or is known here.`,
        remedy: "Check the name; a service is known by version only once that version was deployed.",
      });
    }
    return value ?? whole;
  });
  return problems.length === 0 ? ok(filled) : failed(...problems);
}

/** The same for all values of an environment, all problems at once. */
export function resolveEnv(
  env: Readonly<Record<string, string>>,
  source: TemplateSource,
): Result<Record<string, string>> {
  const resolved = Object.entries(env).map(([name, text]) => ({
    name,
    value: resolveTemplates(text, source),
  }));
  const problems = resolved.flatMap(({ value }) => (value.ok ? [] : value.problems));
  if (problems.length > 0) return failed(...problems);
  return ok(
    Object.fromEntries(resolved.flatMap(({ name, value }) => (value.ok ? [[name, value.value]] : []))),
  );
}

function lookUp(name: string, source: TemplateSource): string | null {
  if (name === "keys.url") return source.keysUrl();
  if (name === "dir.state") return source.stateDir;
  if (name === "dir.platform") return source.platformDir;
  if (name.startsWith("secret.")) return source.secret(name.slice("secret.".length));
  if (name.startsWith("database.")) return source.database(name.slice("database.".length));
  if (name.startsWith("server.")) return source.server(name.slice("server.".length));
  const [, service, version, port, what] = SERVICE.exec(name) ?? [];
  if (service === undefined) return null;
  const number = source.port(service, version ?? null, port ?? "http");
  if (number === null) return null;
  return what === "port" ? String(number) : `http://127.0.0.1:${number}`;
}
