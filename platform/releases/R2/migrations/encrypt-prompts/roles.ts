import { scramVerifier } from "../../../../services/platform-api/core/scram.ts";
import { tenantRolePassword } from "../../../../shared/tenant-roles.ts";

interface Order {
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Parameters of expand: what PostgreSQL keeps of the new role's password, and not the password itself. */
export function newRole({ parameters, secrets }: Order): Readonly<Record<string, string>> {
  const { newRole: role } = parameters;
  const { newRoleSecret: secret } = secrets;
  if (role === undefined || secret === undefined) throw new Error("newRole and newRoleSecret are needed");
  return { newRoleVerifier: scramVerifier(tenantRolePassword(secret, role)) };
}
