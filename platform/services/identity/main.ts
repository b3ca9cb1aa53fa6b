// D.Coder's built-in identity provider: OpenID Connect for a laptop and for tests; production signs in elsewhere.
import { createServer } from "node:http";
import pg from "pg";
import { environment } from "../../shared/environment.ts";
import { jsonLog } from "../../shared/json-log.ts";
import { applySharedSchema } from "../../shared/shared-schema.ts";
import { stopOnSignal } from "../../shared/stop.ts";
import { demoAccounts } from "./accounts.ts";
import { createProvider } from "./provider.ts";
import { signInRoutes } from "./sign-in-routes.ts";
import { signingKeys } from "./signing-keys.ts";

const env = environment([
  "HOST",
  "PORT",
  "ISSUER",
  "COOKIE_SECRET",
  "USERS_SECRET",
  "SHARED_DATABASE_URL",
  "REDIRECT_URI",
]);
const log = jsonLog("identity");
const pool = new pg.Pool({ connectionString: env.SHARED_DATABASE_URL, max: 3, application_name: "identity" });
pool.on("error", (error) => log.error("database connection", { reason: error.message }));

await applySharedSchema(pool);
const accounts = demoAccounts(pool, env.USERS_SECRET);
const provider = createProvider({
  issuer: env.ISSUER,
  redirectUri: env.REDIRECT_URI,
  cookieSecret: env.COOKIE_SECRET,
  keys: await signingKeys(pool),
  accounts,
});
provider.use(async (ctx, next) => {
  if (ctx.path !== "/health") return next();
  const up = await pool.query("select 1").then(
    () => true,
    () => false,
  );
  ctx.status = up ? 200 : 503;
  ctx.body = { status: up ? "ready" : "unready" };
});
provider.use(signInRoutes(provider, accounts, log));
provider.on("server_error", (_ctx: unknown, error: Error) =>
  log.error("request failed", { reason: error.message }),
);

const server = createServer(provider.callback());
server.keepAliveTimeout = 65_000;
server.listen(Number(env.PORT), env.HOST, () => log.info("listening", { port: Number(env.PORT) }));
stopOnSignal(log, [server], () => pool.end());
