import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { answered } from "./api/answer.ts";
import { client } from "./api/client.ts";
import { Frame } from "./frame/frame.tsx";
import { textIn } from "./frame/search-text.ts";
import { NoRole } from "./pages/no-role.tsx";
import { NotFound } from "./pages/not-found.tsx";
import type { PlanSearch } from "./pages/plan/plan-body.tsx";
import { SignIn } from "./pages/sign-in/sign-in.tsx";
import { Failure, PageSkeleton } from "./ui/empty.tsx";

function planSearch(search: Readonly<Record<string, unknown>>): PlanSearch {
  const { step, view } = textIn(search, ["step", "view"]);
  return {
    ...(step === undefined ? {} : { step }),
    ...(view === "drawing" || view === "list" ? { view } : {}),
  };
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const start = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: NoRole,
  errorComponent: ({ error }) => <Failure error={error} again={() => location.reload()} />,
  loader: async () => {
    const { items } = await answered(client.listEnvironments());
    const [first] = items;
    if (first !== undefined)
      throw redirect({ to: "/e/$environment/today", params: { environment: first.environment } });
    return null;
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search) => textIn(search, ["return", "refused"]),
  component: function Door(): ReactNode {
    const search = signIn.useSearch();
    // Only a path of this site: the door leads nowhere else.
    const back = /^\/(?!\/|\\)/.test(search.return ?? "") ? (search.return ?? "/") : "/";
    return <SignIn returnTo={back} refused={search.refused ?? null} />;
  },
});

const environment = createRoute({
  getParentRoute: () => root,
  path: "/e/$environment",
  component: Frame,
  notFoundComponent: NotFound,
});

const home = createRoute({
  getParentRoute: () => environment,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/e/$environment/today", params });
  },
});

const today = createRoute({
  getParentRoute: () => environment,
  path: "today",
  component: lazyRouteComponent(() => import("./pages/today/today-page.tsx"), "TodayPage"),
});

const releases = createRoute({
  getParentRoute: () => environment,
  path: "releases",
  component: lazyRouteComponent(() => import("./pages/releases/releases-page.tsx"), "ReleasesPage"),
});

const plan = createRoute({
  getParentRoute: () => environment,
  path: "releases/$release",
  validateSearch: planSearch,
  component: lazyRouteComponent(() => import("./pages/plan/plan-page.tsx"), "PlanPage"),
});

const compare = createRoute({
  getParentRoute: () => environment,
  path: "releases/$release/compare",
  validateSearch: (search) => textIn(search, ["a", "b"]),
  component: lazyRouteComponent(() => import("./pages/plan/compare-page.tsx"), "ComparePage"),
});

const runs = createRoute({
  getParentRoute: () => environment,
  path: "runs",
  validateSearch: (search) => textIn(search, ["q"]),
  component: lazyRouteComponent(() => import("./pages/runs/runs-page.tsx"), "RunsPage"),
});

const currentRun = createRoute({
  getParentRoute: () => environment,
  path: "run",
  component: lazyRouteComponent(() => import("./pages/runs/current-run.tsx"), "CurrentRun"),
});

const run = createRoute({
  getParentRoute: () => environment,
  path: "run/$run",
  validateSearch: (search) => textIn(search, ["step", "tenant", "filter"]),
  component: lazyRouteComponent(() => import("./pages/run/run-page.tsx"), "RunPage"),
});

const runPlan = createRoute({
  getParentRoute: () => environment,
  path: "run/$run/plan",
  validateSearch: planSearch,
  component: lazyRouteComponent(() => import("./pages/plan/run-plan-page.tsx"), "RunPlanPage"),
});

const fleet = createRoute({
  getParentRoute: () => environment,
  path: "fleet",
  validateSearch: (search) => textIn(search, ["q", "ring", "show", "tenant"]),
  component: lazyRouteComponent(() => import("./pages/fleet/fleet-page.tsx"), "FleetPage"),
});

const audit = createRoute({
  getParentRoute: () => environment,
  path: "audit",
  validateSearch: (search) => textIn(search, ["text", "type", "stream"]),
  component: lazyRouteComponent(() => import("./pages/audit/audit-page.tsx"), "AuditPage"),
});

const settings = createRoute({
  getParentRoute: () => environment,
  path: "settings",
  validateSearch: (search) => textIn(search, ["tab"]),
  component: lazyRouteComponent(() => import("./pages/settings/settings-page.tsx"), "SettingsPage"),
});

/** Every page has an address, and what is opened or filtered on it stands there too. */
export const router = createRouter({
  routeTree: root.addChildren([
    start,
    signIn,
    environment.addChildren([
      home,
      today,
      releases,
      plan,
      compare,
      runs,
      currentRun,
      run,
      runPlan,
      fleet,
      audit,
      settings,
    ]),
  ]),
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: ({ error }) => <Failure error={error} again={() => location.reload()} />,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
