import type { IncomingMessage } from "node:http";
import type { Principal } from "@baton/core";
import type { Provider } from "oidc-provider";
import type { Redeemer } from "../redeem.ts";
import type { Accounts } from "./accounts.ts";
import { SHORTEST_PASSWORD, type SignInView, signInPage } from "./forms.ts";

type Middleware = Parameters<Provider["use"]>[0];
type Context = Parameters<Middleware>[0];

/** What the sign-in page is made of. */
export interface InteractionParts {
  readonly accounts: Accounts;
  readonly redeem: Redeemer;
  readonly clientId: string;
  /** The person an account stands for. */
  readonly personOf: (name: string) => Principal;
}

/** A form is far smaller than this many bytes. */
const FORM_BYTES = 4_096;
const NAME = /^[a-z][a-z0-9._-]{0,31}$/;

type Outcome =
  | { readonly name: string }
  | { readonly refused: SignInView["refused"]; readonly status: number };

/** The pages between the authorization request and its answer. Consent is automatic: the only client is Baton itself. */
export function interaction(provider: Provider, parts: InteractionParts): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith("/sign-in/")) return next();
    ctx.set("cache-control", "no-store");
    const { prompt, session } = await provider.interactionDetails(ctx.req, ctx.res);
    if (prompt.name === "consent" && session !== undefined)
      return finish(ctx, provider, parts, session.accountId);
    if (ctx.method !== "POST") return show(ctx, parts, 200, "", null);
    const form = new URLSearchParams(await readForm(ctx.req));
    const name = (form.get("name") ?? "").trim().toLowerCase();
    const outcome =
      form.get("form") === "code" ? await signUp(form, name, parts) : await signIn(form, name, parts);
    if ("refused" in outcome) return show(ctx, parts, outcome.status, name, outcome.refused);
    return finish(ctx, provider, parts, outcome.name);
  };
}

async function signIn(form: URLSearchParams, name: string, { accounts }: InteractionParts): Promise<Outcome> {
  if (await accounts.check(name, form.get("password") ?? "")) return { name };
  const message = "This user name and password do not belong together.";
  return { status: 401, refused: { form: "password", message } };
}

/** An account is made only for somebody whose code opens something; where the code was used up meanwhile, it goes again. */
async function signUp(form: URLSearchParams, name: string, parts: InteractionParts): Promise<Outcome> {
  const { accounts, redeem } = parts;
  const [code, password] = [form.get("code") ?? "", form.get("password") ?? ""];
  const refuse = (message: string, status = 422): Outcome => ({ status, refused: { form: "code", message } });
  if (!NAME.test(name))
    return refuse(
      "A user name has up to 32 small letters, digits, dots and dashes, and begins with a letter.",
    );
  if (password.length < SHORTEST_PASSWORD)
    return refuse(`A password has at least ${SHORTEST_PASSWORD} characters.`);
  const wrong = refuse("This code opens nothing: it is mistyped, used up, taken back or too old.", 403);
  if (!(await redeem.opens(code))) return wrong;
  if (!(await accounts.create(name, password))) return refuse(`The user name ${name} is taken.`, 409);
  const redeemed = await redeem.redeem(parts.personOf(name), code);
  if (redeemed.ok) return { name };
  await accounts.remove(name);
  return wrong;
}

async function show(
  ctx: Context,
  { redeem }: InteractionParts,
  status: number,
  name: string,
  refused: SignInView["refused"],
): Promise<void> {
  const first = await redeem.firstCode();
  ctx.status = status;
  ctx.type = "text/html; charset=utf-8";
  ctx.body = signInPage({ first: first.ok && first.value !== null, name, refused });
}

/** Login and consent in one answer, so that signing in takes one round. */
async function finish(
  ctx: Context,
  provider: Provider,
  { clientId }: InteractionParts,
  accountId: string,
): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope("openid profile");
  const consent = { grantId: await grant.save() };
  const location = await provider.interactionResult(ctx.req, ctx.res, { login: { accountId }, consent });
  ctx.status = 303;
  ctx.redirect(location);
}

async function readForm(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > FORM_BYTES) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
