import type { Notary } from "@baton/conductor";
import { type Json, ok, type Problem, type Redactor, type Result } from "@baton/core";
import type { Session } from "@baton/session";
import Fastify, { type FastifyInstance, type FastifyPluginAsync, LogController } from "fastify";
import type pg from "pg";
import { loggedRequest } from "./access/request-log.ts";
import { answerErrors, answerFrameworkError } from "./api/error-handler.ts";
import { createRegistrar } from "./api/registrar.ts";
import { createRequestKeys } from "./api/request-keys.ts";
import { answerUnknown } from "./api/unknown-routes.ts";
import { accessHandlers } from "./handlers/access.ts";
import { actionHandlers } from "./handlers/actions.ts";
import { auditHandlers } from "./handlers/audit.ts";
import { environmentHandlers } from "./handlers/environments.ts";
import { operationHandlers } from "./handlers/operation.ts";
import { previewHandlers } from "./handlers/previews.ts";
import { releaseHandlers } from "./handlers/releases.ts";
import { runHandlers } from "./handlers/runs.ts";
import { serviceHandlers } from "./handlers/service.ts";
import { streamHandler } from "./handlers/stream.ts";
import { tenantHandlers } from "./handlers/tenants.ts";
import { createDrivers, type LaunchConductor } from "./live/driver.ts";
import { followJournal } from "./live/follower.ts";
import { keepSigned } from "./live/keep-signed.ts";
import { createRunStore } from "./live/run-store.ts";
import { BEAT_MS, createStreamHub } from "./live/stream-hub.ts";
import { watchTraffic } from "./live/traffic-watch.ts";
import { createMetrics } from "./metrics.ts";
import type { Parts } from "./parts.ts";
import { runTeller } from "./views/run-teller.ts";
import { webFiles } from "./web-files.ts";

export interface ServerOptions {
  /** A platform that is up. Closed by whoever opened it. */
  readonly session: Session;
  /** Of the journal's database, for the server's own tables in `baton_server`. */
  readonly pool: pg.Pool;
  /** Who sends a request, and what they may: see `access/plugin.ts`. */
  readonly access: FastifyPluginAsync;
  /** Null: the built-in identity provider. */
  readonly issuer: string | null;
  readonly launch: LaunchConductor;
  /** The folder with the web interface's built files; null serves none. */
  readonly webRoot: string | null;
  readonly redactor: Redactor;
  /** Has signed what no conductor signs; without one nothing is. */
  readonly notary?: Pick<Notary, "begin" | "end">;
  /** Where the log's lines go; null logs nothing. */
  readonly log: { write(line: string): void } | null;
  /** How often those who look on are asked whether they still may; 15 s when not given. */
  readonly beatMs?: number;
  /** Holds every answer against its shape before it goes out. For tests. */
  readonly checkAnswers?: boolean;
}

/** A server that is put together and does not listen yet. `app.close` ends its streams, and all it does by itself. */
export interface BatonServer {
  readonly app: FastifyInstance;
}

/** How long answers under way may take when the server stops. */
const CLOSE_GRACE_MS = 5_000;

/** Puts the server together. Problems: the journal's. */
export async function createServer(options: ServerOptions): Promise<Result<BatonServer>> {
  const { session, pool, launch, redactor } = options;
  const { journal } = session;
  const follower = await followJournal(journal);
  if (!follower.ok) return follower;
  const runs = createRunStore(journal, follower.value);
  const drivers = createDrivers({ journal, follower: follower.value, launch });
  const tell = runTeller(follower.value, drivers);
  const summaries = async (environment: string, run: string) => {
    const known = await runs.get(environment, run);
    if (!known.ok) return { problem: known.problems[0] ?? nobodyKnows };
    const progress = await journal.loadProgress(run);
    const figures: Readonly<Record<string, Json>> = progress.ok ? progress.value : {};
    return { look: { known: known.value, body: await tell(known.value), progress: figures } };
  };
  const hub = createStreamHub({
    ...{ journal, follower: follower.value, summaries },
    beatMs: options.beatMs ?? BEAT_MS,
  });
  const parts: Parts = {
    session,
    follower: follower.value,
    runs,
    hub,
    drivers,
    traffic: watchTraffic(session),
    tell,
    identity: { issuer: options.issuer },
    afresh: async (environment, run) => {
      const read = await follower.value.catchUp();
      return read.ok ? runs.get(environment, run) : read;
    },
  };
  const app = newApp(options);
  const metrics = createMetrics(follower.value, hub);
  metrics.count(app);
  answerErrors(app, redactor);
  let isStopping = false;
  app.addHook("preClose", async () => {
    isStopping = true;
    hub.close();
    // A connection that is taken up again while we stop would keep us for as long as it may rest.
    setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  const leaveSigned = options.notary ? keepSigned(follower.value, options.notary) : async () => undefined;
  app.addHook("onClose", async () => {
    parts.traffic.stop();
    drivers.stop();
    await leaveSigned();
    await follower.value.stop();
  });
  await app.register(options.access);
  const registrar = createRegistrar({
    app,
    environments: [session.definition.platform.environment],
    keys: await createRequestKeys(pool),
    trouble: () => follower.value.trouble,
    checkAnswers: options.checkAnswers === true,
  });
  environmentHandlers(registrar, parts);
  releaseHandlers(registrar, parts);
  runHandlers(registrar, parts);
  streamHandler(registrar, parts);
  previewHandlers(registrar, parts);
  actionHandlers(registrar, parts);
  tenantHandlers(registrar, parts);
  auditHandlers(registrar, parts);
  operationHandlers(registrar, parts);
  accessHandlers(registrar, parts);
  serviceHandlers(registrar, parts, { metrics, isStopping: () => isStopping });
  answerUnknown(app, registrar.routes, await webFiles(app, options.webRoot));
  return ok({ app });
}

function newApp({ log }: ServerOptions): FastifyInstance {
  const app = Fastify({
    // Streams are ended by the hub; what is idle, or hangs on behind that, is cut off.
    forceCloseConnections: "idle",
    connectionTimeout: 0,
    requestTimeout: 30_000,
    pluginTimeout: CLOSE_GRACE_MS * 4,
    // A line a request would cost more than the request.
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerFrameworkError,
    requestIdHeader: "x-request-id",
    genReqId: () => crypto.randomUUID(),
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 500 },
    logger:
      log === null
        ? false
        : {
            level: "info",
            base: null,
            serializers: { req: loggedRequest },
            stream: { write: (line) => log.write(line) },
          },
  });
  // A body is JSON or it is none.
  app.removeContentTypeParser("text/plain");
  return app;
}

const nobodyKnows: Problem = {
  code: "BATON-JOURNAL-UNREACHABLE",
  message: "Nobody knows how the run stands.",
  remedy: "Ask again in a moment.",
};
