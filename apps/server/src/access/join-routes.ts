import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { refuse } from "./access-error.ts";
import { attemptsOnly } from "./limits.ts";
import { alert, field, renderPage, text } from "./page.ts";
import type { Parts } from "./parts.ts";
import { returnPath } from "./return-path.ts";

const Form = z.object({ code: z.string().max(64).default(""), return: z.string().default("/") });

/** `/auth/join`: who signed in and has no role shows the code they were given, or learns whom to ask. */
export function joinRoutes(app: FastifyInstance, parts: Parts): void {
  const config = attemptsOnly(parts);

  app.get<{ Querystring: { return?: unknown } }>("/auth/join", async (request, reply) => {
    const returnTo = returnPath(request.query.return);
    const here = `/auth/join?return=${encodeURIComponent(returnTo)}`;
    if (request.principal?.kind !== "person")
      return reply.redirect(`/auth/login?return=${encodeURIComponent(here)}`, 303);
    return joinPage(reply, parts, request.principal.name, returnTo, null);
  });

  app.post("/auth/join", { config }, async (request, reply) => {
    const { principal } = request;
    if (principal?.kind !== "person") return reply.redirect("/auth/login?return=/auth/join", 303);
    const form = Form.parse(request.body ?? {});
    const redeemed = await parts.redeem.redeem(principal, form.code);
    if (redeemed.ok) return reply.redirect(returnPath(form.return), 303);
    const [problem] = redeemed.problems;
    if (problem?.code !== "BATON-ACCESS-CODE") throw refuse(...redeemed.problems);
    reply.code(403);
    return joinPage(reply, parts, principal.name, returnPath(form.return), problem.message);
  });
}

const joinPage = (
  reply: FastifyReply,
  { environment }: Parts,
  name: string,
  returnTo: string,
  refused: string | null,
) =>
  reply.type("text/html; charset=utf-8").send(
    renderPage({
      title: "You are signed in, and have no role yet",
      body: `${alert(refused)}
<p>You are ${text(name)}. Nobody has given you a role in ${text(environment)} yet. Show the one-time code that an administrator
sent you, or that the server printed at its start; else ask an administrator for one.</p>
<form method="post" action="/auth/join">
<input type="hidden" name="return" value="${text(returnTo)}">
${field("One-time code", "code", 'required autocomplete="one-time-code" spellcheck="false" placeholder="XXXX-XXXX-XXXX-XXXX"')}
<button type="submit">Let me in</button>
</form>`,
    }),
  );
