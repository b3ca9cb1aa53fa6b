import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import type pg from "pg";
import { TOKEN_ALGORITHM } from "../../shared/oidc-client.ts";

/**
 * The provider's private signing keys, newest first. The first start draws one and keeps it in the shared database; a
 * restart finds it, so tokens stay valid. Safe when two processes start at once.
 */
export async function signingKeys(pool: pg.Pool): Promise<JWK[]> {
  const known = await readKeys(pool);
  if (known.length > 0) return known;
  const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: TOKEN_ALGORITHM, use: "sig" };
  const client = await pool.connect();
  try {
    await client.query("begin; lock table identity_keys in exclusive mode");
    await client.query(
      "insert into identity_keys (kid, private_jwk) select $1, $2 where not exists (select from identity_keys)",
      [kid, jwk],
    );
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
  return readKeys(pool);
}

async function readKeys(pool: pg.Pool): Promise<JWK[]> {
  const { rows } = await pool.query<{ private_jwk: JWK }>(
    "select private_jwk from identity_keys order by created_at desc",
  );
  return rows.map((row) => row.private_jwk);
}
