import { createHash, timingSafeEqual } from "node:crypto";
import type pg from "pg";
import { DEMO_ROLES, demoPassword, PLATFORM_ADMIN, PLATFORM_TENANT } from "../../shared/demo-users.ts";

/** A person who can sign in: `editor@aster`. */
interface Account {
  readonly username: string;
  readonly tenant: string;
  readonly roles: readonly string[];
}

/** Who there is, read from the shared database's tenants, and whose password fits. */
export interface Accounts {
  /** Undefined where there is no such user, or the tenant is not ready. */
  find(username: string): Promise<Account | undefined>;
  /** The account, when it exists and the password is its own. */
  check(username: string, password: string): Promise<Account | undefined>;
}

/** Three demonstration users in each tenant that is ready, and the platform's administrator. */
export function demoAccounts(pool: pg.Pool, usersSecret: string): Accounts {
  const find = async (username: string): Promise<Account | undefined> => {
    if (username === PLATFORM_ADMIN) return { username, tenant: PLATFORM_TENANT, roles: ["platform-admin"] };
    const at = username.indexOf("@");
    const roles = Object.hasOwn(DEMO_ROLES, username.slice(0, at))
      ? DEMO_ROLES[username.slice(0, at)]
      : undefined;
    if (roles === undefined) return undefined;
    const tenant = username.slice(at + 1);
    const { rowCount } = await pool.query("select from tenants where id = $1 and state = 'ready'", [tenant]);
    return rowCount === 1 ? { username, tenant, roles } : undefined;
  };
  return {
    find,
    check: async (username, password) => {
      const fits = sameText(password, demoPassword(usersSecret, username));
      return fits ? find(username) : undefined;
    },
  };
}

/** Compares in a time that tells nothing of where the texts differ. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
