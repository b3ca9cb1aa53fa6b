import type { Client } from "@baton/contracts";
import { failed, ok, type Problem, type Result } from "@baton/core";
import type { AccessDesk } from "./desk.ts";

/** A server, as whoever is signed in there. `BATON-LOGIN-ENVIRONMENT` where it is not clear which environment is meant. */
export async function remoteDesk(client: Client, named: string | undefined): Promise<Result<AccessDesk>> {
  const chosen = await chooseEnvironment(client, named);
  if (!chosen.ok) return chosen;
  const environment = chosen.value;
  const params = { environment };
  const items = async <T>(page: Promise<Result<{ readonly items: readonly T[] }>>) => {
    const got = await page;
    return got.ok ? ok(got.value.items) : got;
  };
  return ok({
    environment,
    people: () => items(client.listPeople({ params })),
    invitations: () => items(client.listInvitations({ params })),
    tokens: () => items(client.listTokens({ params })),
    grant: (body) => client.grantRole({ params, body }),
    revoke: (body) => client.revokeRole({ params, body }),
    invite: (body) => client.invite({ params, body }),
    revokeInvitation: ({ invitation, reason }) =>
      client.revokeInvitation({ params: { environment, invitation }, body: { reason } }),
    createToken: (body) => client.createToken({ params, body }),
    revokeToken: ({ token, reason }) =>
      client.revokeToken({ params: { environment, token }, body: { reason } }),
  });
}

async function chooseEnvironment(client: Client, named: string | undefined): Promise<Result<string>> {
  if (named !== undefined) return ok(named);
  const me = await client.getMe();
  if (!me.ok) return me;
  const there = me.value.environments.map(({ environment }) => environment);
  const [only] = there;
  return only !== undefined && there.length === 1 ? ok(only) : failed(unclear(there));
}

const unclear = (there: readonly string[]): Problem => ({
  code: "BATON-LOGIN-ENVIRONMENT",
  message:
    there.length === 0
      ? "The server has no environment."
      : `The server has several environments: ${there.join(", ")}.`,
  remedy: "Name one with --environment.",
});
