import {
  type Asker,
  createToken,
  grantRole,
  invite,
  readAccess,
  revokeInvitation,
  revokeRole,
  revokeToken,
} from "@baton/conductor";
import { routes } from "@baton/contracts";
import { listInvitations, listPeople, listTokens, type Principal } from "@baton/core";
import { must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import type { Parts } from "../parts.ts";

const DONE = { done: true } as const;

/** Who may do what, for those who see to it. The rights themselves are asked for again where they are changed. */
export function accessHandlers({ json }: Registrar, { session, follower }: Parts): void {
  const { journal } = session;
  const state = async (environment: string) => must(await readAccess(journal, environment)).state;
  const asked = (environment: string, principal: Principal | null, reason: string) => ({
    journal,
    environment,
    asker: askerOf(principal),
    reason,
  });

  json(routes.getMe, async ({ principal, request }) => {
    if (principal === null) throw new Error("the route needs sign-in");
    const { environment } = session.definition.platform;
    const rights = must(await request.server.rightsOf(principal, environment));
    const { kind, id, name, via } = principal;
    return { kind, id, name, via, environments: [{ environment, rights: [...rights] }] };
  });

  json(routes.listPeople, async ({ params: { environment } }) => page(listPeople(await state(environment))));
  json(routes.grantRole, async ({ params: { environment }, body: { person, role, reason }, principal }) => {
    must(await grantRole({ ...asked(environment, principal, reason), person, role }));
    return DONE;
  });
  json(routes.revokeRole, async ({ params: { environment }, body: { person, role, reason }, principal }) => {
    must(await revokeRole({ ...asked(environment, principal, reason), person, role }));
    return DONE;
  });

  json(routes.listInvitations, async ({ params: { environment } }) =>
    page(listInvitations(await state(environment), follower.now())),
  );
  json(routes.invite, async ({ params: { environment }, body: { name, role, lastsMs, reason }, principal }) =>
    must(await invite({ ...asked(environment, principal, reason), name, role, lastsMs })),
  );
  json(
    routes.revokeInvitation,
    async ({ params: { environment, invitation }, body: { reason }, principal }) => {
      must(await revokeInvitation({ ...asked(environment, principal, reason), invitation }));
      return DONE;
    },
  );

  json(routes.listTokens, async ({ params: { environment } }) =>
    page(listTokens(await state(environment), follower.now())),
  );
  json(
    routes.createToken,
    async ({ params: { environment }, body: { name, scopes, lastsMs, reason }, principal }) =>
      must(await createToken({ ...asked(environment, principal, reason), name, scopes, lastsMs })),
  );
  json(routes.revokeToken, async ({ params: { environment, token }, body: { reason }, principal }) => {
    must(await revokeToken({ ...asked(environment, principal, reason), token }));
    return DONE;
  });
}

/** All of it at once: there are as many as people and programs at work. */
const page = <T>(items: readonly T[]) => ({ items: [...items], nextCursor: null });

function askerOf(principal: Principal | null): Asker {
  if (principal === null) throw new Error("the route needs sign-in");
  return { principal };
}
