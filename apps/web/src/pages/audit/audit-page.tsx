import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../../api/client.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Icon } from "../../ui/icon.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { EventSearchPanel } from "./event-search.tsx";
import { VerifyPanel } from "./verify-panel.tsx";
import "../plan/step-sheet.css";
import "../run/gantt.css";
import "./audit.css";

const route = getRouteApi("/e/$environment/audit");

/** The journal: search it, check it in this browser, take a copy of it. */
export function AuditPage(): ReactNode {
  const environment = useEnvironment();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  useTitle("Audit");
  return (
    <div className="page">
      <PageHead
        title="Audit"
        about="Everything that was done, by whom and why: appended once, chained, signed, never changed."
        actions={
          <a
            className="link-button"
            href={client.urlOf("exportJournal", { params: { environment } })}
            download={`journal-${environment}.jsonl`}
          >
            <Icon name="export" />
            Export the journal
          </a>
        }
      />
      <VerifyPanel environment={environment} />
      <EventSearchPanel
        environment={environment}
        search={search}
        onSearch={(change) => navigate({ search: (before) => ({ ...before, ...change }), replace: true })}
      />
    </div>
  );
}
