import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { ErrorBody } from "@baton/contracts";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { z } from "zod";
import type { Credential } from "./credentials.ts";
import { loopbackAnswer } from "./loopback-answer.ts";

const Exchanged = z.object({
  token: z.string(),
  expiresAt: z.number(),
  person: z.object({ id: z.string(), name: z.string(), via: z.string() }),
});

/** How a sign-in is led. */
export interface SignIn {
  /** The server's origin. */
  readonly server: string;
  readonly signal: AbortSignal;
  /** Called with the address a person has to open in a browser. */
  readonly show: (address: string) => void;
}

/**
 * Signs this command line in: a person says so in a browser that is signed in to the server, and the server's code comes back to a
 * port of this machine (code and PKCE). `BATON-LOGIN-STOPPED`, `BATON-LOGIN-SERVER`, or what the server says.
 */
export async function signIn({ server, signal, show }: SignIn): Promise<Result<Credential>> {
  const [verifier, state] = [random(), random()];
  const answer = await loopbackAnswer();
  try {
    const ask = new URLSearchParams({
      port: String(answer.port),
      challenge: createHash("sha256").update(verifier).digest("base64url"),
      state,
      host: hostname()
        .replaceAll(/[^\w .-]/g, "")
        .slice(0, 100),
    });
    show(`${server}/auth/cli?${ask}`);
    const code = await answer.code(state, signal);
    return code === null ? failed(stopped) : await exchange(server, code, verifier);
  } finally {
    answer.close();
  }
}

/** Ends a sign-in at the server. False where the server did not hear of it. */
export async function signOut(server: string, { token }: Credential): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${server}/auth/cli/logout`, { method: "POST", headers });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}

const random = (): string => randomBytes(32).toString("base64url");

async function exchange(server: string, code: string, verifier: string): Promise<Result<Credential>> {
  try {
    const response = await fetch(`${server}/auth/cli/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code, verifier }),
      // The code goes to the server that was named, and to no other.
      redirect: "error",
    });
    const body: unknown = await response.json();
    const exchanged = Exchanged.safeParse(body);
    if (response.ok && exchanged.success) return ok(exchanged.data);
    const refused = ErrorBody.safeParse(body);
    return refused.success
      ? failed(...refused.data.error.details.problems)
      : failed(notBaton(server, `HTTP ${response.status}`));
  } catch (error) {
    return failed(notBaton(server, error instanceof Error ? error.message : String(error)));
  }
}

const stopped: Problem = {
  code: "BATON-LOGIN-STOPPED",
  message: "Nobody has signed in; nothing was changed.",
  remedy: "Run `baton login` again when you are ready.",
};

const notBaton = (server: string, why: string): Problem => ({
  code: "BATON-LOGIN-SERVER",
  message: `${server} does not answer as a Baton server does: ${why}.`,
  remedy: "Check the address, and that `baton serve` runs there.",
});
