import { type PlanIndex, renderRatio } from "@baton/core";
import { type ReactNode, useCallback, useMemo } from "react";
import type { LiveView } from "../../api/live-run.ts";
import { Empty, Skeleton } from "../../ui/empty.tsx";
import { MARK_WORDS, StateMark } from "../../ui/mark.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Cells, tenantWords } from "./cells.ts";
import { GRID_MARKS, TenantGrid } from "./grid/tenant-grid.tsx";

/** Every tenant of the run as a cell, with what the symbols say. */
export function TenantsPanel({
  view,
  index,
  onOpen,
}: {
  readonly view: LiveView;
  readonly index: PlanIndex | null;
  readonly onOpen: (tenant: string) => void;
}): ReactNode {
  const { run, fleet } = view;
  const maker = useMemo(() => (index === null ? null : new Cells(index)), [index]);
  const { tenants } = view;
  const cells = useMemo(() => maker?.of(fleet, tenants) ?? [], [maker, fleet, tenants]);
  const places = useMemo(() => new Map(cells.map((cell, at) => [cell.tenant, at])), [cells]);
  const wordsOf = useCallback(
    (id: string) => tenantWords(fleet, tenants[places.get(id) ?? -1]),
    [fleet, tenants, places],
  );
  return (
    <Panel
      title={
        run === null
          ? "Tenants"
          : `Tenants: ${renderRatio(run.tenants.done, run.tenants.total)} on ${run.release}`
      }
      aside={
        <span className="row">
          {GRID_MARKS.map((mark) => (
            <span key={mark} className="row" style={{ gap: 4 }}>
              <StateMark mark={mark} label="" /> {MARK_WORDS[mark]}
            </span>
          ))}
          <span>fill: how far</span>
        </span>
      }
    >
      {fleet === null || index === null ? (
        <Skeleton height={120} />
      ) : cells.length === 0 ? (
        <Empty title="This plan touches no tenant">Its steps are about the platform as a whole.</Empty>
      ) : (
        <TenantGrid cells={cells} wordsOf={wordsOf} onOpen={onOpen} />
      )}
    </Panel>
  );
}
