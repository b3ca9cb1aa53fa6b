import { type Client, createClient } from "@baton/contracts";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { readCredentials } from "./credentials.ts";
import { serverAddress } from "./server-address.ts";

/** The API of a server where somebody signed in from here, or, by BATON_TOKEN, with a service token. `BATON-LOGIN-NONE`. */
export async function remoteClient(
  typed: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Result<{ readonly client: Client; readonly server: string }>> {
  const server = serverAddress(typed);
  if (!server.ok) return server;
  const token = await tokenFor(server.value, env);
  if (!token.ok) return token;
  const headers = () => ({ authorization: `Bearer ${token.value}` });
  return ok({ client: createClient({ baseUrl: server.value, headers }), server: server.value });
}

async function tokenFor(server: string, env: NodeJS.ProcessEnv): Promise<Result<string>> {
  if (env.BATON_TOKEN) return ok(env.BATON_TOKEN);
  const kept = await readCredentials();
  if (!kept.ok) return kept;
  const credential = kept.value[server];
  if (credential === undefined || credential.expiresAt <= Date.now()) return failed(notSignedIn(server));
  return ok(credential.token);
}

const notSignedIn = (server: string): Problem => ({
  code: "BATON-LOGIN-NONE",
  message: `Nobody is signed in at ${server} from here.`,
  remedy: `Sign in with \`baton login ${server}\`, or name a service token in BATON_TOKEN.`,
});
