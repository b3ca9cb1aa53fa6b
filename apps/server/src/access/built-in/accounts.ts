import type pg from "pg";
import { hashPassword, passwordFits } from "./password.ts";

/** People of the built-in provider, by name and password. What they may is not known here. */
export interface Accounts {
  exists(name: string): Promise<boolean>;
  check(name: string, password: string): Promise<boolean>;
  /** False where the name is taken. */
  create(name: string, password: string): Promise<boolean>;
  remove(name: string): Promise<void>;
}

/** Accounts in PostgreSQL; a password is kept as its hash alone. */
export function accountsIn(pool: pg.Pool, now: () => number): Accounts {
  const passwordOf = async (name: string): Promise<string | null> => {
    const { rows } = await pool.query<{ password: string }>(
      "select password from baton_server.accounts where name = $1",
      [name],
    );
    return rows[0]?.password ?? null;
  };
  return {
    exists: async (name) => (await passwordOf(name)) !== null,
    check: async (name, password) => passwordFits(password, await passwordOf(name)),
    create: async (name, password) => {
      const { rowCount } = await pool.query(
        "insert into baton_server.accounts values ($1, $2, $3) on conflict do nothing",
        [name, await hashPassword(password), now()],
      );
      return rowCount === 1;
    },
    remove: async (name) => {
      await pool.query("delete from baton_server.accounts where name = $1", [name]);
    },
  };
}
