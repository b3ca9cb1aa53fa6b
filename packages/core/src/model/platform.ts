import { z } from "zod";
import { Name } from "./ids.ts";

const Port = z.int().min(1).max(65_535);

/** A program that Baton starts: its first word is the file, run by Baton's own Node when it ends in `.ts` or `.mjs`. */
export const Argv = z.array(z.string().min(1)).min(1);

/**
 * Values in `env`, `url` and `with` may name things by `${…}`: `${service.NAME.url}`, `${service.NAME.PORT.url}`,
 * `${service.NAME.port}`, `${database.NAME}` (a connection string), `${secret.NAME}`, `${keys.url}`, `${dir.state}`,
 * `${dir.platform}`, `${tenant}`, `${ring}`, `${release}`. They are resolved at the rim, when a process is started.
 */
export const Template = z.string();

export const PlatformService = z.strictObject({
  title: z.string().min(1),
  /** Ports this service listens on by name; `http` is the one `${service.NAME.url}` means. A taken one moves to a free one. */
  ports: z.record(Name, Port).refine((ports) => "http" in ports, "name at least the port `http`"),
  /** Services that must be healthy before this one starts. */
  dependsOn: z.array(Name).default([]),
});

const DatabaseName = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);

/** A database by its name on the platform's own server, or with the server it is on. */
const PlatformDatabase = z.union([
  DatabaseName,
  z.strictObject({
    database: DatabaseName,
    /** One of `servers`. */
    server: Name,
    /** Database whose owner owns this one too, with the same password. Its own owner when not given. */
    owner: Name.optional(),
  }),
]);

/** Name of an environment variable. */
const Variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/);

/** An address of an identity provider. What goes over the wire in clear is only taken on the machine itself. */
const Issuer = z
  .url()
  .refine((url) => /^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/.test(url), "use https");

/** An OpenID Connect provider at which Baton is registered as a client. */
const Identity = z.strictObject({
  issuer: Issuer,
  clientId: z.string().min(1),
  /** The environment variable that holds the client's secret; a public client has none. */
  clientSecret: Variable.exactOptional(),
  /** What is asked of the provider; `openid` is always asked. */
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)).default(["openid", "profile", "email"]),
});

/** How long backups of a database are kept: the newest `keep` proven ones always, the others until they are `days` days old. */
export const Retention = z.strictObject({ keep: z.int().min(1), days: z.int().min(1) });
export type Retention = z.infer<typeof Retention>;

/** A program Baton starts beside the services: the seed, the workload. */
const Helper = z.strictObject({
  command: Argv,
  env: z.record(z.string(), Template).default({}),
});

export const Platform = z.strictObject({
  platform: Name,
  title: z.string().min(1),
  /** The environment these files describe; roles, locks and policy hang on it. */
  environment: Name.default("local"),
  /** Random secrets generated into the state folder when absent, never written anywhere else. */
  secrets: z.array(Name).default([]),
  /**
   * Further database servers: logical name → the environment variable that holds a connection string with all rights. Where
   * that variable is not set, the platform's own server (the embedded one, or that of DATABASE_URL) stands in.
   */
  servers: z.record(Name, Variable).default({}),
  /** Databases that `baton up` creates: logical name → database name, with its server where that is not the platform's own. */
  databases: z.record(Name, PlatformDatabase).default({}),
  services: z.record(Name, PlatformService),
  tenants: z.strictObject({
    /**
     * Where the tenants are read from: a query that returns `id`, `ring`, `database` and, where a tenant's database is not
     * on the platform's own server, `server`, one of `servers`.
     */
    query: z.strictObject({ database: Name, sql: z.string().min(1) }),
    /** Rings in the order a release takes them. */
    rings: z.array(Name).min(1),
  }),
  /** Who may use the key service. A token's name is the name of the secret that holds it. */
  keys: z
    .strictObject({ tokens: z.record(Name, z.array(z.enum(["use", "manage"])).min(1)) })
    .default({ tokens: {} }),
  /** The service that routes tenants to versions, and how Baton speaks to it. */
  traffic: z.strictObject({ adapter: z.literal("gateway-http"), url: Template, tokenSecret: Name }),
  /** Where the journal's signed heads are kept beside the database: `anchors`, a folder relative to the platform's. */
  audit: z.strictObject({ anchors: z.string().min(1) }).exactOptional(),
  /** Where people sign in to the server. Without it the server brings a provider of its own, for a laptop. */
  identity: Identity.exactOptional(),
  /** Whether the person who opened a run is kept from approving it; counts for whoever is signed in to the server. */
  separationOfDuties: z.boolean().default(true),
  /** Which backups are removed when a newer one is proven, of each database and of Baton itself; none where not given. */
  backups: Retention.exactOptional(),
  /** A log that grows beyond so many megabytes is set aside, in place of what was set aside before, while its program runs. */
  logs: z.strictObject({ megabytes: z.int().min(1).max(1024) }).default({ megabytes: 32 }),
  /** Fills a new platform; run after the first start; must be safe to repeat. */
  seed: Helper.optional(),
  /** Users at work, for a demonstration or a soak; speaks the workload protocol of docs/guides/workload.md. */
  workload: Helper.extend({ port: Port }).optional(),
});
/** What a platform is made of: services, tenants, rings, and where the outside world is. */
export type Platform = z.infer<typeof Platform>;
export type PlatformService = z.infer<typeof PlatformService>;
