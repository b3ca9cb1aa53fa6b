import type { Problem } from "@baton/core";

/** What the codes of systems and of PostgreSQL mean to a person who wrote an address. */
const IN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be looked up right now",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "it does not answer",
  ECONNRESET: "it closed the connection",
  "3D000": "it has no such database",
  "53300": "it has no free connection",
  "57P03": "it is just starting or stopping",
};
/** Wrong password, no such role, or no entry in pg_hba.conf. */
const REFUSED_LOGIN = ["28P01", "28000"];

/** What stands in for a server that is not named. */
export const orElse = (variable: string): string =>
  variable === "DATABASE_URL"
    ? "unset it to use the embedded server"
    : "unset it to use the platform's own server";

/** Why the server that this environment variable names cannot be used: `BATON-POSTGRES-LOGIN`, `BATON-POSTGRES-UNREACHABLE`. Never the password. */
export function externalProblem(url: URL, error: unknown, variable: string): Problem {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (REFUSED_LOGIN.includes(code)) {
    const user = url.username || "nobody by name";
    return {
      code: "BATON-POSTGRES-LOGIN",
      message: `PostgreSQL at ${url.host}, named by ${variable}, does not let ${user} in (${code}).`,
      remedy: `Correct user and password in ${variable} (percent-encode special characters), or ${orElse(variable)}.`,
    };
  }
  const why = IN_WORDS[code] ?? "it does not answer";
  return {
    code: "BATON-POSTGRES-UNREACHABLE",
    message: `PostgreSQL at ${url.host}, named by ${variable}, cannot be used: ${why}${code === "" ? "" : ` (${code})`}.`,
    remedy:
      code === "3D000"
        ? `Create that database, or name one that is there in ${variable}.`
        : `Start that server, correct ${variable}, or ${orElse(variable)}.`,
  };
}
