import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** Prometheus metrics of an HTTP service: requests, errors and latency, by service and version. */
export interface HttpMetrics {
  /** One answered request; `seconds` from its arrival to the end of its answer. */
  observe(
    labels: { readonly service: string; readonly version: string; readonly status: number },
    seconds: number,
  ): void;
  /** The exposition text and its content type. */
  render(): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Metrics with a registry of their own. `prefix` is the metric names' beginning, such as `gateway`. */
export function httpMetrics(prefix: string): HttpMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: `${prefix}_requests_total`,
    help: "Requests answered, by service, version and status.",
    labelNames: ["service", "version", "status"],
    registers: [registry],
  });
  const errors = new Counter({
    name: `${prefix}_errors_total`,
    help: "Requests answered with 5xx, by service and version.",
    labelNames: ["service", "version"],
    registers: [registry],
  });
  const latency = new Histogram({
    name: `${prefix}_request_duration_seconds`,
    help: "Seconds from a request's arrival to the end of its answer.",
    labelNames: ["service", "version"],
    buckets: BUCKETS,
    registers: [registry],
  });
  return {
    observe: ({ service, version, status }, seconds) => {
      requests.inc({ service, version, status });
      if (status >= 500) errors.inc({ service, version });
      latency.observe({ service, version }, seconds);
    },
    render: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
