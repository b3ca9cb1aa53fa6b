import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered } from "./answer.ts";
import { client } from "./client.ts";
import type { RunAction } from "./types.ts";

/** How often a page asks again for what no stream tells it. */
const OFTEN_MS = 5_000;
const SELDOM_MS = 30_000;

/** What an audit search is narrowed down to. */
export interface EventSearch {
  readonly text?: string | undefined;
  readonly type?: string | undefined;
  readonly stream?: string | undefined;
}

const given = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== "")) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** Everything pages ask the server for, each with its place in the cache. */
export const queries = {
  me: () => queryOptions({ queryKey: ["me"], queryFn: () => answered(client.getMe()), staleTime: SELDOM_MS }),
  environments: () =>
    queryOptions({
      queryKey: ["environments"],
      queryFn: () => answered(client.listEnvironments()),
      staleTime: SELDOM_MS,
    }),
  surroundings: (environment: string) =>
    queryOptions({
      queryKey: [environment, "surroundings"],
      queryFn: () => answered(client.getSurroundings({ params: { environment } })),
      refetchInterval: OFTEN_MS,
    }),
  releases: (environment: string) =>
    queryOptions({
      queryKey: [environment, "releases"],
      queryFn: () => answered(client.listReleases({ params: { environment } })),
      refetchInterval: SELDOM_MS,
    }),
  plan: (environment: string, release: string) =>
    queryOptions({
      queryKey: [environment, "plan", release],
      queryFn: () => answered(client.planRelease({ params: { environment, release } })),
    }),
  planOf: (environment: string, plan: string) =>
    queryOptions({
      queryKey: [environment, "plan-of", plan],
      queryFn: () => answered(client.getPlan({ params: { environment, plan } })),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  comparison: (environment: string, a: string, b: string) =>
    queryOptions({
      queryKey: [environment, "comparison", a, b],
      queryFn: () => answered(client.comparePlans({ params: { environment }, query: { a, b } })),
      enabled: a !== "" && b !== "",
    }),
  runs: (environment: string) =>
    infiniteQueryOptions({
      queryKey: [environment, "runs"],
      queryFn: ({ pageParam }) =>
        answered(
          client.listRuns({ params: { environment }, query: given({ limit: 50, cursor: pageParam }) }),
        ),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
  run: (environment: string, run: string) =>
    queryOptions({
      queryKey: [environment, "run", run],
      queryFn: () => answered(client.getRun({ params: { environment, run } })),
      refetchInterval: OFTEN_MS,
    }),
  runStep: (environment: string, run: string, step: string) =>
    queryOptions({
      queryKey: [environment, "run", run, "step", step],
      queryFn: () =>
        answered(client.getRunStep({ params: { environment, run, step }, query: { limit: 50 } })),
    }),
  runTenant: (environment: string, run: string, tenant: string) =>
    queryOptions({
      queryKey: [environment, "run", run, "tenant", tenant],
      queryFn: () => answered(client.getRunTenant({ params: { environment, run, tenant } })),
    }),
  stepEvents: (environment: string, run: string, step: string) =>
    queryOptions({
      queryKey: [environment, "run", run, "step-events", step],
      queryFn: () =>
        answered(client.listRunEvents({ params: { environment, run }, query: { limit: 200, step } })),
    }),
  preview: (
    environment: string,
    run: string,
    action: RunAction,
    subject: { readonly step?: string; readonly tenant?: string },
  ) =>
    queryOptions({
      queryKey: [environment, "run", run, "preview", action, subject],
      queryFn: () =>
        answered(client.previewAction({ params: { environment, run, action }, query: given(subject) })),
      // Computed now, each time it is looked at.
      gcTime: 0,
      staleTime: 0,
    }),
  traffic: (environment: string) =>
    queryOptions({
      queryKey: [environment, "traffic"],
      queryFn: () => answered(client.getTraffic({ params: { environment } })),
      refetchInterval: 2_000,
    }),
  backups: (environment: string) =>
    queryOptions({
      queryKey: [environment, "backups"],
      queryFn: () => answered(client.getBackups({ params: { environment } })),
      refetchInterval: SELDOM_MS,
    }),
  tenants: (environment: string) =>
    queryOptions({
      queryKey: [environment, "tenants"],
      queryFn: () => answered(client.listTenants({ params: { environment }, query: { limit: 10_000 } })),
      refetchInterval: SELDOM_MS,
    }),
  tenant: (environment: string, tenant: string) =>
    queryOptions({
      queryKey: [environment, "tenant", tenant],
      queryFn: () => answered(client.getTenant({ params: { environment, tenant } })),
    }),
  receipt: (environment: string, run: string, tenant: string) =>
    queryOptions({
      queryKey: [environment, "run", run, "receipt", tenant],
      queryFn: () => answered(client.getReceipt({ params: { environment, run, tenant } })),
    }),
  events: (environment: string, search: EventSearch) =>
    infiniteQueryOptions({
      queryKey: [environment, "events", search],
      queryFn: ({ pageParam }) =>
        answered(
          client.searchEvents({
            params: { environment },
            query: given({ limit: 100, cursor: pageParam, ...search }),
          }),
        ),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
    }),
  verification: (environment: string) =>
    queryOptions({
      queryKey: [environment, "verification"],
      queryFn: () => answered(client.getVerification({ params: { environment } })),
      refetchInterval: ({ state }) => (state.data?.state === "running" ? 1_000 : SELDOM_MS),
    }),
  auditKey: (environment: string) =>
    queryOptions({
      queryKey: [environment, "audit-key"],
      queryFn: () => answered(client.getAuditKey({ params: { environment } })),
      staleTime: SELDOM_MS,
    }),
  anchor: (environment: string) =>
    queryOptions({
      queryKey: [environment, "anchor"],
      queryFn: () => answered(client.getAnchor({ params: { environment } })),
    }),
  integrations: (environment: string) =>
    queryOptions({
      queryKey: [environment, "integrations"],
      queryFn: () => answered(client.listIntegrations({ params: { environment } })),
    }),
  people: (environment: string) =>
    queryOptions({
      queryKey: [environment, "people"],
      queryFn: () => answered(client.listPeople({ params: { environment } })),
    }),
  invitations: (environment: string) =>
    queryOptions({
      queryKey: [environment, "invitations"],
      queryFn: () => answered(client.listInvitations({ params: { environment } })),
    }),
  tokens: (environment: string) =>
    queryOptions({
      queryKey: [environment, "tokens"],
      queryFn: () => answered(client.listTokens({ params: { environment } })),
    }),
};
