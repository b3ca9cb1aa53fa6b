import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Follower } from "./live/follower.ts";
import type { StreamHub } from "./live/stream-hub.ts";

/** The server's own figures. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** Counts the requests of an app by route, method and status. */
  count(app: FastifyInstance): void;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(follower: Follower, hub: StreamHub): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: "baton_server_" });
  const seconds = new Histogram({
    name: "baton_server_request_seconds",
    help: "Seconds from a request to the end of its answer, streams and exports left out.",
    labelNames: ["method", "route", "status"],
    buckets: BUCKETS,
    registers: [register],
  });
  new Gauge({
    name: "baton_server_stream_viewers",
    help: "Open streams of runs.",
    registers: [register],
    collect() {
      this.set(hub.viewers);
    },
  });
  new Gauge({
    name: "baton_server_journal_position",
    help: "Position of the journal up to which the server has read.",
    registers: [register],
    collect() {
      this.set(follower.position);
    },
  });
  new Gauge({
    name: "baton_server_journal_readable",
    help: "1 while the journal can be read, else 0.",
    registers: [register],
    collect() {
      this.set(follower.trouble === null ? 1 : 0);
    },
  });
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    count: (app) => {
      app.addHook("onResponse", async (request, reply) => {
        // The path itself holds names of runs and tenants: the route's pattern does not.
        const route = request.routeOptions.url ?? "none";
        seconds.observe(
          { method: request.method, route, status: String(reply.statusCode) },
          reply.elapsedTime / 1_000,
        );
      });
    },
  };
}
