import { createHmac } from "node:crypto";

/** The tenant name under which the platform's own administrator signs in; no tenant may be called so. */
export const PLATFORM_TENANT = "platform";

/** User name of the platform administrator, who provisions tenants and sets the platform's defaults. */
export const PLATFORM_ADMIN = `root@${PLATFORM_TENANT}`;

/** The demonstration users every tenant has, with the role each one holds. */
export const DEMO_ROLES: Readonly<Record<string, readonly string[]>> = {
  admin: ["admin"],
  editor: ["editor"],
  viewer: ["viewer"],
};

/** Password of a demonstration user: HMAC-SHA-256 of the user name (`editor@aster`) under the secret, base64url. */
export const demoPassword = (secret: string, username: string): string =>
  createHmac("sha256", secret).update(username).digest("base64url");
