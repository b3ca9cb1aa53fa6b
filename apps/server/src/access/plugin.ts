import { type Principal, type Problem, ProblemError, type Result, type Right } from "@baton/core";
import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from "fastify";
import fp from "fastify-plugin";
import { AccessError, refuse } from "./access-error.ts";
import { accessReader } from "./access-reader.ts";
import { type Authenticator, authenticate } from "./authenticate.ts";
import { builtInProvider } from "./built-in/provider.ts";
import { cliRoutes } from "./cli-routes.ts";
import { cookie } from "./cookies.ts";
import { secureHeaders } from "./headers.ts";
import { joinRoutes } from "./join-routes.ts";
import { limitRequests } from "./limits.ts";
import { type AccessOptions, type AccessParts, completed } from "./options.ts";
import { originRefusal } from "./origin-check.ts";
import { alert, renderPage, STYLE, STYLE_PATH, text } from "./page.ts";
import type { Parts } from "./parts.ts";
import { type ProviderClient, providerClient } from "./provider-client.ts";
import { redeemer } from "./redeem.ts";
import { sessionsIn } from "./sessions.ts";
import { signInRoutes } from "./sign-in-routes.ts";
import { createTables } from "./tables.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whoever sends this request; null where nobody signed in. Set before any route's own hooks. */
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** Nobody is asked who they are: the route speaks with others than our own callers. */
    anonymous?: boolean;
  }
  interface FastifyInstance {
    /** Whether somebody may do something now: `BATON-ACCESS-SIGN-IN`, `-FORBIDDEN`, or why nobody can tell. */
    authorise(principal: Principal | null, right: Right, environment: string): Promise<Result<void>>;
    /** Who sends a request, asked anew: for answers that go on for long. Throws where the token is good for nothing any more. */
    identify(request: FastifyRequest): Promise<Principal | null>;
    /** All that somebody may do in an environment now. */
    rightsOf(principal: Principal, environment: string): Promise<Result<readonly Right[]>>;
  }
}

/**
 * Everything between a request and who sent it: sessions, tokens, sign-in, headers, limits. Register it before any route. It lets
 * nobody in by itself: each route asks `authorise` for the right it needs.
 */
export const access = (options: AccessOptions): FastifyPluginAsync =>
  fp(async (app) => build(app, completed(options)), { name: "baton-access", fastify: "5.x" });

async function build(app: FastifyInstance, options: AccessParts): Promise<void> {
  await createTables(options.pool);
  const { journal, pool, publicUrl, environment, now } = options;
  const reader = accessReader(journal, now);
  const sessions = sessionsIn(pool, now);
  const session = cookie("session", publicUrl);
  const redeem = redeemer(options, reader);
  await app.register(fastifyCookie);
  await secureHeaders(app);
  app.decorateRequest("principal", null);
  app.decorate("authorise", reader.authorise);
  app.decorate("rightsOf", reader.rights);
  const authenticator = { sessions, session, reader, environment, now };
  app.decorate("identify", (request) => authenticate(authenticator, request));
  identifyAll(app, authenticator, publicUrl);
  await limitRequests(app, options);
  await app.register(async (scope) => {
    const provider = await chosenProvider(scope, options, redeem);
    const builtIn = options.provider === null;
    const parts: Parts = { ...options, provider, builtIn, sessions, session, reader, redeem };
    takeForms(scope);
    answerBrowsers(scope);
    scope.get(STYLE_PATH, (_, reply) => reply.type("text/css; charset=utf-8").send(STYLE));
    signInRoutes(scope, parts);
    joinRoutes(scope, parts);
    cliRoutes(scope, parts);
  });
  const first = await redeem.firstCode();
  if (!first.ok) throw new ProblemError(...first.problems);
  if (first.value !== null) options.onFirstCode(first.value);
}

/** Before anything else is done for a request: where it comes from, and from whom. */
function identifyAll(app: FastifyInstance, of: Authenticator, publicUrl: () => string): void {
  app.addHook("onRequest", async (request) => {
    const anonymous = request.routeOptions.config.anonymous === true;
    // What no browser adds by itself cannot have been sent by another site's page.
    if (anonymous || request.headers.authorization === undefined) {
      const foreign = originRefusal(request, publicUrl());
      if (foreign !== null) throw refuse(foreign);
    }
    if (!anonymous) request.principal = await authenticate(of, request);
  });
}

async function chosenProvider(
  app: FastifyInstance,
  options: AccessParts,
  redeem: Parts["redeem"],
): Promise<ProviderClient> {
  const redirectUri = () => `${options.publicUrl()}/auth/callback`;
  if (options.provider === null) return builtInProvider(app, options, redeem, redirectUri);
  const { provider, fetch } = options;
  return providerClient({ provider, called: null, redirectUri, askAgain: false, fetch });
}

const FORM_BYTES = 4_096;

/** Routes from here on take small forms, and nothing larger of any kind. */
function takeForms(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    route.bodyLimit = FORM_BYTES;
  });
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
}

/** Who looks at these routes with a browser is answered with a page; nothing of them is kept by anybody in between. */
function answerBrowsers(app: FastifyInstance): void {
  app.addHook("onSend", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.setErrorHandler((error, request, reply) => {
    const wantsPage = request.headers.accept?.includes("text/html") === true;
    if (!wantsPage || !(error instanceof AccessError)) throw error;
    return errorPage(reply.code(error.statusCode), error.problems);
  });
}

function errorPage(reply: FastifyReply, problems: readonly Problem[]) {
  const body = problems.map(
    ({ code, message, remedy }) =>
      `${alert(message)}<p>${text(remedy)}</p><p class="quiet">${text(code)}</p>`,
  );
  return reply
    .type("text/html; charset=utf-8")
    .send(
      renderPage({ title: "Not signed in", body: `${body.join("\n")}<p><a href="/">Start page</a></p>` }),
    );
}
