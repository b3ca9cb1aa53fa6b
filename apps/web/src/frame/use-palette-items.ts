import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { queries } from "../api/queries.ts";
import { NAV } from "./nav.ts";
import type { PaletteItem } from "./palette.tsx";
import { outcomeWords } from "./run-words.ts";
import { signOut } from "./sign-out.ts";
import { toggleTheme } from "./theme.ts";
import { useEnvironment } from "./use-environment.ts";

/** Everything the palette knows here: pages, releases, runs, tenants, and what needs no page. */
export function usePaletteItems(): readonly PaletteItem[] {
  const environment = useEnvironment();
  const navigate = useNavigate();
  const releases = useQuery({ ...queries.releases(environment), refetchInterval: false });
  const runs = useInfiniteQuery(queries.runs(environment));
  const tenants = useQuery({ ...queries.tenants(environment), refetchInterval: false });
  return useMemo(() => {
    const params = { environment };
    const pages = NAV.map(
      (item): PaletteItem => ({
        id: `page ${item.to}`,
        group: "Go to",
        words: item.words,
        hint: `g ${item.go}`,
        icon: item.icon,
        run: () => navigate({ to: item.to, params }),
      }),
    );
    const plans = (releases.data?.items ?? [])
      .filter((release) => release.state === "next" || release.state === "under-way")
      .map(
        (release): PaletteItem => ({
          id: `plan ${release.release}`,
          group: "Plans",
          words: `Plan of ${release.release}: ${release.title}`,
          icon: "releases",
          run: () =>
            navigate({
              to: "/e/$environment/releases/$release",
              params: { ...params, release: release.release },
            }),
        }),
      );
    const listed = (runs.data?.pages.flatMap((page) => page.items) ?? []).map(
      (run): PaletteItem => ({
        id: `run ${run.run}`,
        group: "Runs",
        words: `${run.from} to ${run.release}, ${run.outcome === null ? "goes on" : outcomeWords(run.outcome)}`,
        hint: run.run,
        icon: "run",
        run: () => navigate({ to: "/e/$environment/run/$run", params: { ...params, run: run.run } }),
      }),
    );
    const fleet = (tenants.data?.items ?? []).map(
      (tenant): PaletteItem => ({
        id: `tenant ${tenant.tenant}`,
        group: "Tenants",
        words: tenant.tenant,
        hint: `ring ${tenant.ring}`,
        icon: "fleet",
        run: () => navigate({ to: "/e/$environment/fleet", params, search: { tenant: tenant.tenant } }),
      }),
    );
    const acts: PaletteItem[] = [
      {
        id: "runs",
        group: "Go to",
        words: "All runs",
        icon: "run",
        run: () => navigate({ to: "/e/$environment/runs", params }),
      },
      { id: "theme", group: "Do", words: "Change between light and dark", icon: "moon", run: toggleTheme },
      {
        id: "reference",
        group: "Do",
        words: "Open the API's reference",
        icon: "right",
        run: () => location.assign("/v1/reference"),
      },
      { id: "out", group: "Do", words: "Sign out", icon: "person", run: () => void signOut() },
    ];
    const [all, ...rest] = acts;
    return [...pages, ...(all === undefined ? [] : [all]), ...plans, ...listed, ...rest, ...fleet];
  }, [environment, navigate, releases.data, runs.data, tenants.data]);
}
