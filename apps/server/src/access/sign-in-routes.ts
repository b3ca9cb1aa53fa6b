import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { refuse } from "./access-error.ts";
import { attemptsIn } from "./attempts.ts";
import { cookie } from "./cookies.ts";
import { attemptsOnly } from "./limits.ts";
import type { Parts } from "./parts.ts";
import { isLoopback, publicUrlProblem } from "./public-url.ts";
import { returnPath } from "./return-path.ts";

const ATTEMPT_SECONDS = 600;

const Attempt = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
});

/**
 * `/auth/login`, `/auth/callback`, `/auth/logout`. A sign-in begins and ends in the same browser, is good once and for ten minutes,
 * and always ends in a session that nobody had before.
 */
export function signInRoutes(app: FastifyInstance, parts: Parts): void {
  const { publicUrl, provider, sessions, session, reader, environment } = parts;
  const attempts = attemptsIn(parts, "browser", ATTEMPT_SECONDS * 1_000, Attempt);
  const attempt = cookie("sign-in", publicUrl);
  const config = attemptsOnly(parts);

  app.get<{ Querystring: { return?: unknown } }>("/auth/login", { config }, async (request, reply) => {
    const unsafe = publicUrlProblem(publicUrl(), parts.builtIn);
    if (unsafe !== null) throw refuse(unsafe);
    const returnTo = returnPath(request.query.return);
    // A cookie set under another name of this machine would not come back to the one the provider knows.
    const own = new URL(publicUrl());
    if (isLoopback(own) && request.host !== own.host)
      return reply.redirect(`${publicUrl()}/auth/login?return=${encodeURIComponent(returnTo)}`, 303);
    const { url, checks } = await provider.begin();
    attempt.set(reply, await attempts.begin({ ...checks, returnTo }), ATTEMPT_SECONDS);
    return reply.redirect(url.href, 303);
  });

  app.get("/auth/callback", { config }, async (request, reply) => {
    const secret = attempt.of(request);
    attempt.clear(reply);
    const begun = secret === null ? null : await attempts.take(secret);
    if (begun === null) throw refuse(notBegun);
    const person = await provider.finish(new URL(request.url, publicUrl()), begun);
    const before = session.of(request);
    if (before !== null) await sessions.end("browser", before);
    const { secret: fresh, expiresAt } = await sessions.begin("browser", person);
    session.set(reply, fresh, Math.floor((expiresAt - parts.now()) / 1_000));
    const access = await reader.read(environment);
    const unknown = access.ok && access.value.state.people.get(person.id)?.roles.isEmpty() !== false;
    if (unknown) return reply.redirect(`/auth/join?return=${encodeURIComponent(begun.returnTo)}`, 303);
    return reply.redirect(begun.returnTo, 303);
  });

  app.post("/auth/logout", async (request, reply) => {
    const secret = session.of(request);
    if (secret !== null) await sessions.end("browser", secret);
    session.clear(reply);
    return reply.code(204).send();
  });
}

const notBegun = {
  code: "BATON-ACCESS-CALLBACK" as const,
  message:
    "This sign-in was not begun in this browser, was finished already, or took longer than ten minutes.",
  remedy: "Begin again at the start page.",
};
