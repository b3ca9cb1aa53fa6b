import { renderCount, TENANT_MARKS } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import { queries } from "../../api/queries.ts";
import type { TenantBody } from "../../api/types.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { StateLabel } from "../../ui/mark.tsx";
import { Fact, Facts, PageHead } from "../../ui/panel.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { SearchField, Segments } from "../../ui/search-field.tsx";
import { Tag } from "../../ui/tag.tsx";
import { Ago } from "../../ui/time.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { FleetTenantSheet } from "./fleet-tenant-sheet.tsx";
import "../../ui/table.css";
import "./fleet.css";
import { releaseWords } from "./release-words.ts";

const route = getRouteApi("/e/$environment/fleet");

const SHOWS = ["all", "parked", "drift"] as const;
type Show = (typeof SHOWS)[number];

const HITS: Readonly<Record<Show, (tenant: TenantBody) => boolean>> = {
  all: () => true,
  parked: (tenant) => tenant.lastRun?.parked != null,
  drift: (tenant) => tenant.drift.length > 0,
};

/** Every tenant as observed now: its ring, what serves it, its stage, whether it is parked or has drifted. */
export function FleetPage(): ReactNode {
  const environment = useEnvironment();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  useTitle("Fleet");
  const tenants = useQuery(queries.tenants(environment));
  const set = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const all = tenants.data?.items ?? [];
  const show = SHOWS.find((one) => one === search.show) ?? "all";
  const rings = [...new Set(all.map((tenant) => tenant.ring))];
  const wanted = (search.q ?? "").toLowerCase();
  const shown = all.filter(
    (tenant) =>
      HITS[show](tenant) &&
      (search.ring === undefined || tenant.ring === search.ring) &&
      `${tenant.tenant} ${tenant.host} ${tenant.database} ${tenant.release ?? ""}`
        .toLowerCase()
        .includes(wanted),
  );
  return (
    <div className="page">
      <PageHead
        title="Fleet"
        about={
          tenants.data === undefined ? (
            "The tenants as observed now."
          ) : (
            <>
              {renderCount(tenants.data.total, "tenant")} in {renderCount(rings.length, "ring")}, observed{" "}
              <Ago at={tenants.data.at} />.
            </>
          )
        }
      />
      {tenants.error !== null && <Failure error={tenants.error} again={() => tenants.refetch()} />}
      {all.length > 0 && <Rings tenants={all} rings={rings} />}
      <section className="panel" aria-label="Tenants">
        <div className="toolbar">
          <SearchField
            label="Search tenants"
            value={search.q ?? ""}
            onChange={(q) => set({ q: q || undefined })}
          />
          <select
            className="select fleet-ring"
            aria-label="Ring"
            value={search.ring ?? ""}
            onChange={(event) => set({ ring: event.target.value || undefined })}
          >
            <option value="">Every ring</option>
            {rings.map((ring) => (
              <option key={ring}>{ring}</option>
            ))}
          </select>
          <Segments
            label="Which tenants"
            value={show}
            onChange={(value) => set({ show: value === "all" ? undefined : value })}
            options={[
              { value: "all", words: `All ${all.length}` },
              { value: "parked", words: `Parked ${all.filter(HITS.parked).length}` },
              { value: "drift", words: `Drift ${all.filter(HITS.drift).length}` },
            ]}
          />
        </div>
        {tenants.data === undefined ? (
          tenants.error === null ? (
            <Skeleton height={320} />
          ) : (
            <Empty title="Unknown">The tenants could not be read; see above.</Empty>
          )
        ) : shown.length === 0 ? (
          <Nothing show={show} none={all.length === 0} />
        ) : (
          <TenantList tenants={shown} onOpen={(tenant) => set({ tenant })} />
        )}
      </section>
      {search.tenant !== undefined && (
        <FleetTenantSheet
          environment={environment}
          tenant={search.tenant}
          onClose={() => set({ tenant: undefined })}
        />
      )}
    </div>
  );
}

function Nothing({ show, none }: { readonly show: Show; readonly none: boolean }): ReactNode {
  if (none)
    return (
      <Empty title="No tenant is observed" command="baton doctor">
        platform.yaml says where tenants are listed. If there should be some, look with:
      </Empty>
    );
  if (show === "parked")
    return (
      <Empty title="No tenant is parked">
        A tenant whose tries are spent would be listed here, with its cause.
      </Empty>
    );
  if (show === "drift")
    return <Empty title="Nothing has drifted">Every tenant is where its last run left it.</Empty>;
  return <Empty title="No tenant matches">Take words out of the search, or choose another ring.</Empty>;
}

/** Rings in order, each with how many of its tenants are on which release. */
function Rings({
  tenants,
  rings,
}: {
  readonly tenants: readonly TenantBody[];
  readonly rings: readonly string[];
}): ReactNode {
  return (
    <section className="panel fleet-rings" aria-label="Rings">
      <Facts>
        {rings.map((ring) => {
          const own = tenants.filter((tenant) => tenant.ring === ring);
          const releases = new Map<string, number>();
          for (const tenant of own) {
            const name = tenant.release === null ? releaseWords(tenant) : `on ${tenant.release}`;
            releases.set(name, (releases.get(name) ?? 0) + 1);
          }
          return (
            <Fact
              key={ring}
              name={`Ring ${ring}`}
              note={[...releases].map(([name, count]) => `${count} ${name}`).join(", ")}
            >
              {renderCount(own.length, "tenant")}
            </Fact>
          );
        })}
      </Facts>
    </section>
  );
}

const ROW = 41;

/** The list; of ten thousand only those in sight are drawn. */
function TenantList({
  tenants,
  onOpen,
}: {
  readonly tenants: readonly TenantBody[];
  readonly onOpen: (tenant: string) => void;
}): ReactNode {
  const scroll = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: tenants.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 10,
    getItemKey: (at) => tenants[at]?.tenant ?? at,
  });
  return (
    <>
      <div className="fleet-row fleet-head" aria-hidden="true">
        <span>Tenant</span>
        <span>Ring</span>
        <span>Release</span>
        <span>Versions</span>
        <span>Stage</span>
        <span>State</span>
      </div>
      <Scroll ref={scroll} className="fleet-scroll" label="Tenants, ring by ring">
        <ul style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((row) => {
            const tenant = tenants[row.index];
            if (tenant === undefined) return null;
            return (
              <li
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                className="fleet-item"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <button type="button" className="fleet-row" onClick={() => onOpen(tenant.tenant)}>
                  <TenantCells tenant={tenant} />
                </button>
              </li>
            );
          })}
        </ul>
      </Scroll>
    </>
  );
}

function TenantCells({ tenant }: { readonly tenant: TenantBody }): ReactNode {
  const { lastRun } = tenant;
  return (
    <>
      <span className="mono fleet-name">{tenant.tenant}</span>
      <span className="quiet">{tenant.ring}</span>
      <span className={tenant.release === null ? "quiet" : ""}>{releaseWords(tenant)}</span>
      <span className="mono quiet fleet-versions">
        {tenant.versions === null
          ? "unknown: between two releases"
          : tenant.versions.map((one) => `${one.service} ${one.version}`).join(", ")}
      </span>
      <span className="fleet-stage">{lastRun?.stepTitle ?? <span className="quiet">–</span>}</span>
      <span className="row">
        {lastRun === null ? (
          <span className="quiet">in no run yet</span>
        ) : (
          <StateLabel mark={TENANT_MARKS[lastRun.standing]}>{lastRun.standing}</StateLabel>
        )}
        {tenant.drift.length > 0 && <Tag icon="warning">drift</Tag>}
      </span>
    </>
  );
}
