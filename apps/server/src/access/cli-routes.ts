import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { refuse, signInFirst } from "./access-error.ts";
import { attemptsIn } from "./attempts.ts";
import { attemptsOnly } from "./limits.ts";
import { renderPage, text } from "./page.ts";
import type { Parts } from "./parts.ts";

/** A code waits so long for the command line that asked for it. */
const CODE_MS = 60_000;

/** What a command line asks for: whom to answer on this machine, and what it can prove later that it was the one. */
const Ask = z.object({
  port: z.coerce.number().int().min(1_024).max(65_535),
  challenge: z.string().regex(/^[\w-]{43}$/),
  state: z.string().regex(/^[\w-]{16,128}$/),
  host: z
    .string()
    .max(100)
    .regex(/^[\w .-]*$/)
    .default(""),
});
const Exchange = z.object({ code: z.string().max(128), verifier: z.string().max(256) });
const Waiting = z.strictObject({
  challenge: z.string(),
  person: z.string(),
  name: z.string(),
  via: z.string(),
});

/**
 * How a command line signs in: code and PKCE, with this server as the one that gives the code. The browser shows who is about to be
 * signed in where and asks; the code goes to a port of the same machine (RFC 8252), is good once, for a minute, and for
 * whoever knows the verifier.
 */
export function cliRoutes(app: FastifyInstance, parts: Parts): void {
  const { sessions } = parts;
  const codes = attemptsIn(parts, "cli", CODE_MS, Waiting);
  const config = attemptsOnly(parts);

  app.get("/auth/cli", async (request, reply) => {
    const ask = Ask.safeParse(request.query);
    if (!ask.success) throw refuse(misasked);
    if (request.principal?.kind !== "person")
      return reply.redirect(`/auth/login?return=${encodeURIComponent(request.url)}`, 303);
    return consent(reply, ask.data, request.principal.name);
  });

  app.post("/auth/cli", { config }, async (request, reply) => {
    const { principal } = request;
    if (principal?.kind !== "person" || request.headers.authorization !== undefined)
      throw refuse(signInFirst("Only somebody signed in to the browser lets a command line in."));
    const ask = Ask.safeParse(request.body);
    if (!ask.success) throw refuse(misasked);
    const { port, challenge, state } = ask.data;
    const { id: person, name, via } = principal;
    const back = new URL(`http://127.0.0.1:${port}/callback`);
    back.searchParams.set("code", await codes.begin({ challenge, person, name, via }));
    back.searchParams.set("state", state);
    return reply.redirect(back.href, 303);
  });

  app.post("/auth/cli/token", { config }, async (request) => {
    const exchange = Exchange.safeParse(request.body);
    const waiting = exchange.success ? await codes.take(exchange.data.code) : null;
    if (!exchange.success || waiting === null || !proves(exchange.data.verifier, waiting.challenge))
      throw refuse(badCode);
    const { person: id, name, via } = waiting;
    const { secret, expiresAt } = await sessions.begin("cli", {
      kind: "person",
      id,
      name,
      via,
      scopes: null,
    });
    return { token: secret, expiresAt, person: { id, name, via } };
  });

  app.post("/auth/cli/logout", async (request, reply) => {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token !== undefined) await sessions.end("cli", token);
    return reply.code(204).send();
  });
}

function proves(verifier: string, challenge: string): boolean {
  const made = createHash("sha256").update(verifier).digest();
  const asked = Buffer.from(challenge, "base64url");
  return made.length === asked.length && timingSafeEqual(made, asked);
}

/** The answer may lead to a port of this machine; no other page of ours may lead away. */
const FORM_TO_LOOPBACK = "form-action 'self' http://127.0.0.1:*";

function consent(reply: FastifyReply, ask: z.infer<typeof Ask>, name: string) {
  const policy = String(reply.raw.getHeader("content-security-policy") ?? "");
  reply.raw.setHeader("content-security-policy", policy.replace("form-action 'self'", FORM_TO_LOOPBACK));
  const hidden = Object.entries(ask)
    .map(([key, value]) => `<input type="hidden" name="${key}" value="${text(String(value))}">`)
    .join("\n");
  const where = ask.host === "" ? "a command line" : `the command line on ${ask.host}`;
  return reply.type("text/html; charset=utf-8").send(
    renderPage({
      title: "Sign a command line in?",
      body: `<p>You are ${text(name)}. Somebody ran <code>baton login</code>, and wants ${text(where)} to do whatever you may do here.</p>
<p class="quiet">If that was not you, close this page.</p>
<form method="post" action="/auth/cli">
${hidden}
<button type="submit">Sign it in</button>
</form>`,
    }),
  );
}

const misasked = {
  code: "BATON-ACCESS-CALLBACK" as const,
  message: "This address was not made by `baton login`, or by another version of it.",
  remedy: "Run `baton login` again.",
};

const badCode = {
  code: "BATON-ACCESS-SIGN-IN" as const,
  message: "The code is none of this server's, was used already, or is older than a minute.",
  remedy: "Run `baton login` again.",
};
