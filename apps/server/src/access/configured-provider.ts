import { failed, ok, Platform, type Problem, type Result } from "@baton/core";
import type { ExternalProvider } from "./options.ts";

type Identity = NonNullable<Platform["identity"]>;

/**
 * The identity provider that the environment's variables name, else the platform's file; null: the built-in one.
 * `BATON-ACCESS-SETTINGS` where part of it is missing.
 */
export function configuredProvider(
  identity: Identity | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Result<ExternalProvider | null> {
  if (env.BATON_OIDC_ISSUER) return fromVariables(env.BATON_OIDC_ISSUER, env);
  if (identity === undefined) return ok(null);
  const { issuer, clientId, clientSecret: variable, scopes } = identity;
  if (variable === undefined) return ok({ issuer, clientId, clientSecret: null, scopes });
  const clientSecret = env[variable];
  return clientSecret
    ? ok({ issuer, clientId, clientSecret, scopes })
    : failed(
        missing(
          `identity.clientSecret names the variable ${variable}, which is not set.`,
          `Set ${variable}.`,
        ),
      );
}

function fromVariables(
  issuer: string,
  env: Readonly<Record<string, string | undefined>>,
): Result<ExternalProvider | null> {
  const clientId = env.BATON_OIDC_CLIENT_ID ?? "";
  const scopes = env.BATON_OIDC_SCOPES?.split(/\s+/).filter((scope) => scope !== "");
  // The same rules as in the file.
  const checked = Platform.shape.identity
    .unwrap()
    .safeParse({ issuer, clientId, ...(scopes === undefined ? {} : { scopes }) });
  if (checked.success) {
    const clientSecret = env.BATON_OIDC_CLIENT_SECRET || null;
    return ok({ issuer, clientId, clientSecret, scopes: checked.data.scopes });
  }
  const fields = new Set(checked.error.issues.map(({ path }) => String(path[0])));
  const problems = [...fields].map((field) =>
    missing(
      `${VARIABLES[field] ?? "A variable of BATON_OIDC"} is missing or no good.`,
      "Set it as docs/guides/sign-in.md says.",
    ),
  );
  return failed(...problems);
}

const VARIABLES: Readonly<Record<string, string>> = {
  issuer: "BATON_OIDC_ISSUER",
  clientId: "BATON_OIDC_CLIENT_ID",
  scopes: "BATON_OIDC_SCOPES",
};

const missing = (message: string, remedy: string): Problem => ({
  code: "BATON-ACCESS-SETTINGS",
  message,
  remedy,
});
