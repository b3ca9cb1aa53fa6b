import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** About 32 MB and a tenth of a second a try, on a laptop. */
const COST = { N: 2 ** 15, r: 8, p: 1 };
const BYTES = 32;

/** A password as it is kept: salted, and dear to guess. What it was made with is kept along, so that it can be made dearer. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Whether a password is the one that is kept. Null stands for an account that is not there, and takes as long to refuse. */
export async function passwordFits(password: string, kept: string | null): Promise<boolean> {
  const [, n, r, p, salt, key] = (kept ?? NOBODYS).split("$");
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const expected = Buffer.from(key ?? "", "base64url");
  const derived = await derive(password, Buffer.from(salt ?? "", "base64url"), cost);
  return timingSafeEqual(derived, expected) && kept !== null;
}

/** Nobody knows a password for this. */
const NOBODYS = ["scrypt", COST.N, COST.r, COST.p, "AAAAAAAAAAAAAAAAAAAAAA", "A".repeat(43)].join("$");

function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  const options = { ...cost, maxmem: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize("NFKC"), salt, BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  );
}
