import { createHmac } from "node:crypto";

/** Name of the database role with which one release of the platform API connects to one tenant's database. */
export const tenantRole = (database: string, release: "r1" | "r2"): string => `${database}_${release}`;

/**
 * Password of that role: HMAC-SHA-256 of its name under the release's own secret, base64url. Nothing is stored, and a
 * process that holds R1's secret cannot compute R2's passwords.
 */
export const tenantRolePassword = (secret: string, role: string): string =>
  createHmac("sha256", secret).update(role).digest("base64url");
