import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useStale } from "../api/freshness.ts";
import { queries } from "../api/queries.ts";
import { Boundary } from "../ui/boundary.tsx";
import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import { NAV } from "./nav.ts";
import { Palette } from "./palette.tsx";
import { Rail } from "./rail.tsx";
import { rolesOf, useRights } from "./rights.ts";
import { signOut } from "./sign-out.ts";
import { useEnvironment } from "./use-environment.ts";
import { usePaletteItems } from "./use-palette-items.ts";
import { useShortcuts } from "./use-shortcuts.ts";
import "./frame.css";

/** What stands around every page: rail, header, banner, palette, keys. */
export function Frame(): ReactNode {
  const environment = useEnvironment();
  const navigate = useNavigate();
  const [palette, setPalette] = useState(false);
  const me = useQuery(queries.me());
  const environments = useQuery(queries.environments());
  const surroundings = useQuery(queries.surroundings(environment));
  const runId = surroundings.data?.run;
  const run = useQuery({ ...queries.run(environment, runId ?? ""), enabled: runId != null });
  const rights = useRights(environment);
  useFreshAgain();
  const openPalette = useCallback(() => setPalette(true), []);
  const go = useCallback(
    (letter: string) => {
      const item = NAV.find((one) => one.go === letter);
      if (item !== undefined) navigate({ to: item.to, params: { environment } });
    },
    [navigate, environment],
  );
  useShortcuts(openPalette, go);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Rail environment={environment} />
      <Header
        environment={environment}
        environments={environments.data?.items.map((one) => one.environment) ?? [environment]}
        onEnvironment={(name) => navigate({ to: "/e/$environment/today", params: { environment: name } })}
        run={runId === null ? null : run.data}
        person={me.data === undefined ? null : { name: me.data.name, roles: rolesOf(rights ?? new Set()) }}
        onPalette={openPalette}
        onSignOut={() => void signOut()}
      />
      <main className="main" id="main" tabIndex={-1}>
        <div className="main-inner">
          <Banner />
          <Boundary>
            <Outlet />
          </Boundary>
        </div>
      </main>
      {palette && <PaletteHere onClose={() => setPalette(false)} />}
    </div>
  );
}

function PaletteHere({ onClose }: { readonly onClose: () => void }): ReactNode {
  return <Palette items={usePaletteItems()} onClose={onClose} />;
}

/** Once everything answers again, everything that is shown is asked for anew. */
function useFreshAgain(): void {
  const stale = useStale() !== null;
  const cache = useQueryClient();
  useEffect(() => {
    if (!stale) void cache.invalidateQueries();
  }, [stale, cache]);
}
