import type { IncomingMessage } from "node:http";
import type { Provider } from "oidc-provider";
import type { JsonLog } from "../../shared/json-log.ts";
import { API_RESOURCE, API_SCOPE, WEB_CLIENT_ID } from "../../shared/oidc-client.ts";
import type { Accounts } from "./accounts.ts";
import { loginForm } from "./login-form.ts";

type Middleware = Parameters<Provider["use"]>[0];
type Context = Parameters<Middleware>[0];

/** A sign-in form is far smaller than this many bytes. */
const FORM_LIMIT = 4096;

/**
 * The pages between the authorization request and its answer: the form, and what it posts. Consent is automatic, since
 * the only client is the platform's own.
 */
export function signInRoutes(provider: Provider, accounts: Accounts, log: JsonLog): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith("/sign-in/")) return next();
    ctx.set("cache-control", "no-store");
    ctx.set(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    if (ctx.method === "POST") return submit(ctx, provider, accounts, log);
    return show(ctx, provider);
  };
}

async function show(ctx: Context, provider: Provider): Promise<void> {
  const { prompt, session } = await provider.interactionDetails(ctx.req, ctx.res);
  if (prompt.name === "consent" && session !== undefined) {
    await finish(ctx, provider, session.accountId);
    return;
  }
  page(ctx, 200, loginForm({ refused: false, username: "" }));
}

async function submit(ctx: Context, provider: Provider, accounts: Accounts, log: JsonLog): Promise<void> {
  await provider.interactionDetails(ctx.req, ctx.res);
  const form = new URLSearchParams(await readForm(ctx.req));
  const username = form.get("username") ?? "";
  const account = await accounts.check(username, form.get("password") ?? "");
  if (account === undefined) {
    log.info("sign-in refused");
    page(ctx, 401, loginForm({ refused: true, username }));
    return;
  }
  await finish(ctx, provider, account.username);
}

/** Login and consent in one answer, so that signing in takes one round. */
async function finish(ctx: Context, provider: Provider, accountId: string): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId: WEB_CLIENT_ID });
  grant.addOIDCScope("openid");
  grant.addResourceScope(API_RESOURCE, API_SCOPE);
  const grantId = await grant.save();
  const location = await provider.interactionResult(ctx.req, ctx.res, {
    login: { accountId },
    consent: { grantId },
  });
  ctx.status = 303;
  ctx.redirect(location);
}

function page(ctx: Context, status: number, html: string): void {
  ctx.status = status;
  ctx.type = "text/html; charset=utf-8";
  ctx.body = html;
}

async function readForm(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > FORM_LIMIT) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
