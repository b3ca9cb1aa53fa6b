import { type Json, renderCount, renderDuration } from "@baton/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import type { PlanComparison } from "../../api/types.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { Fact, Facts, PageHead, Panel } from "../../ui/panel.tsx";
import { useTitle } from "../../ui/use-title.ts";
import "./compare.css";

const route = getRouteApi("/e/$environment/releases/$release/compare");

/** Two plans beside each other: what one would do and the other would not. */
export function ComparePage(): ReactNode {
  const environment = useEnvironment();
  const { release } = route.useParams();
  const { a = "", b = "" } = route.useSearch();
  const navigate = route.useNavigate();
  useTitle("Compare plans");
  const sides = useSides(environment);
  const compared = useQuery(queries.comparison(environment, a, b));
  const choose = (side: "a" | "b", value: string) =>
    navigate({ search: (before) => ({ ...before, [side]: value }), replace: true });
  return (
    <div className="page">
      <PageHead
        title="Compare plans"
        about="What would be done differently, step by step. Estimates do not count: they are in no hash."
      />
      <div className="compare-sides">
        <Side label="One plan" value={a} sides={sides} onChange={(value) => choose("a", value)} />
        <Side
          label="The other"
          value={b === "" ? release : b}
          sides={sides}
          onChange={(value) => choose("b", value)}
        />
      </div>
      {a === "" ? (
        <section className="panel">
          <Empty title="Choose a plan to compare with">
            The plan of an earlier run, to see what has changed since, or that of another release.
          </Empty>
        </section>
      ) : compared.error !== null ? (
        <Failure error={compared.error} again={() => compared.refetch()} />
      ) : compared.data === undefined ? (
        <Skeleton height={280} />
      ) : (
        <Difference comparison={compared.data} />
      )}
    </div>
  );
}

interface SideChoice {
  readonly value: string;
  readonly words: string;
}

/** What can be compared: the plan of each release as it would be started now, and the plans of runs. */
function useSides(environment: string): readonly SideChoice[] {
  const releases = useQuery(queries.releases(environment));
  const runs = useInfiniteQuery(queries.runs(environment));
  const now = (releases.data?.items ?? [])
    .filter((release) => release.plan !== null)
    .map((release) => ({ value: release.release, words: `${release.release} as it would start now` }));
  const stored = new Map(
    (runs.data?.pages.flatMap((page) => page.items) ?? []).map((run) => [
      run.planHash,
      {
        value: run.planHash,
        words: `${run.from} to ${run.release}, plan ${run.planHash.slice(0, 8)} of ${run.run}`,
      },
    ]),
  );
  return [...now, ...stored.values()];
}

function Side({
  label,
  value,
  sides,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly sides: readonly SideChoice[];
  readonly onChange: (value: string) => void;
}): ReactNode {
  const known = sides.some((side) => side.value === value);
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <select className="select" value={value} onChange={(event) => onChange(event.target.value)}>
        {!known && <option value={value}>{value === "" ? "Choose…" : value.slice(0, 12)}</option>}
        {sides.map((side) => (
          <option key={side.value} value={side.value}>
            {side.words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Difference({ comparison }: { readonly comparison: PlanComparison }): ReactNode {
  const { a, b, added, removed, changed, plan, same } = comparison;
  return (
    <>
      <section className="panel compare-head" aria-label="Both plans">
        <Facts>
          <Fact
            name={`${a.from} to ${a.release}`}
            note={`about ${renderDuration(Math.round(a.totalSeconds))}`}
          >
            <span className="mono">{a.hash.slice(0, 8)}</span>
          </Fact>
          <Fact
            name={`${b.from} to ${b.release}`}
            note={`about ${renderDuration(Math.round(b.totalSeconds))}`}
          >
            <span className="mono">{b.hash.slice(0, 8)}</span>
          </Fact>
          <Fact name="Verdict">
            {same
              ? "they do the same"
              : `${added.length} added, ${removed.length} gone, ${changed.length} changed`}
          </Fact>
        </Facts>
      </section>
      {added.length > 0 && (
        <StepNames title={`Added: ${renderCount(added.length, "step")}`} sign="+" steps={added} />
      )}
      {removed.length > 0 && (
        <StepNames title={`Gone: ${renderCount(removed.length, "step")}`} sign="−" steps={removed} />
      )}
      {changed.map((step) => (
        <Panel key={step.step} title={<span className="mono">{step.step}</span>} flush>
          <Fields fields={step.fields} />
        </Panel>
      ))}
      {plan.length > 0 && (
        <Panel title="The plan itself" flush>
          <Fields fields={plan} />
        </Panel>
      )}
    </>
  );
}

function StepNames({
  title,
  sign,
  steps,
}: {
  readonly title: string;
  readonly sign: string;
  readonly steps: readonly string[];
}): ReactNode {
  return (
    <Panel title={title}>
      <ul className="compare-names mono" data-sign={sign}>
        {steps.map((step) => (
          <li key={step}>
            {sign} {step}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Fields({ fields }: { readonly fields: PlanComparison["plan"] }): ReactNode {
  return (
    <ul className="compare-fields mono">
      {fields.map((field) => (
        <li key={field.path}>
          <span className="compare-path">{field.path}</span>
          <span className="compare-a">− {textOf(field.a)}</span>
          <span className="compare-b">+ {textOf(field.b)}</span>
        </li>
      ))}
    </ul>
  );
}

const textOf = (value: Json): string =>
  value === null ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
