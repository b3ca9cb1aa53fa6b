import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRights } from "../../frame/rights.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Empty } from "../../ui/empty.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { EnvironmentsTab } from "./environments-tab.tsx";
import { IntegrationsTab } from "./integrations-tab.tsx";
import { PeopleTab } from "./people-tab.tsx";
import { TokensTab } from "./tokens-tab.tsx";
import "../../ui/table.css";
import "./settings.css";

const route = getRouteApi("/e/$environment/settings");

const TABS = {
  environments: { words: "Environments", administers: false, Body: EnvironmentsTab },
  people: { words: "People and roles", administers: true, Body: PeopleTab },
  tokens: { words: "Service tokens", administers: true, Body: TokensTab },
  integrations: { words: "Integrations", administers: false, Body: IntegrationsTab },
} as const;
type Tab = keyof typeof TABS;

const isTab = (name: string | undefined): name is Tab => name !== undefined && name in TABS;

/** Environments, who may do what, service tokens, and what Baton works with. */
export function SettingsPage(): ReactNode {
  const environment = useEnvironment();
  const { tab } = route.useSearch();
  const rights = useRights(environment);
  const shown = isTab(tab) ? tab : "environments";
  useTitle(`Settings, ${TABS[shown].words.toLowerCase()}`);
  const { administers, Body } = TABS[shown];
  const shut = administers && rights !== undefined && !rights.has("administer");
  return (
    <div className="page">
      <PageHead title="Settings" about={`What holds for ${environment}.`} />
      <nav className="tabs" aria-label="Settings">
        {Object.entries(TABS).map(([name, { words }]) => (
          <Link
            key={name}
            className="tab"
            from="/e/$environment/settings"
            to="/e/$environment/settings"
            search={{ tab: name }}
            aria-current={name === shown ? "page" : undefined}
          >
            {words}
          </Link>
        ))}
      </nav>
      {shut ? (
        <section className="panel">
          <Empty title="Only administrators see this">
            It says who may do what in {environment}. Ask one of its administrators for the role admin.
          </Empty>
        </section>
      ) : (
        <Body environment={environment} />
      )}
    </div>
  );
}
