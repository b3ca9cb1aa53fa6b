import { RIGHTS_OF, type Right, type Role } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries.ts";

/** What whoever looks may do in an environment; undefined while nobody knows yet. */
export function useRights(environment: string): ReadonlySet<Right> | undefined {
  const me = useQuery(queries.me());
  if (me.data === undefined) return undefined;
  return new Set(me.data.environments.find((one) => one.environment === environment)?.rights ?? []);
}

const ROLES: readonly Role[] = ["admin", "operator", "approver", "viewer"];

/** Rights told as the roles they come from, the fewest that cover them. */
export function rolesOf(rights: ReadonlySet<Right>): readonly Role[] {
  const left = new Set(rights);
  const roles: Role[] = [];
  for (const role of ROLES) {
    const own = RIGHTS_OF[role];
    if (!own.every((right) => rights.has(right)) || !own.some((right) => left.has(right))) continue;
    roles.push(role);
    for (const right of own) left.delete(right);
  }
  return roles;
}
