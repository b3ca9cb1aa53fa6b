import { indexPlan, type PlanIndex, planTimes } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { queries } from "../../api/queries.ts";
import type { RunBody } from "../../api/types.ts";
import { useLiveRun } from "../../api/use-live-run.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Button } from "../../ui/button.tsx";
import { Callout } from "../../ui/callout.tsx";
import { Failure, PageSkeleton, ProblemLine, Skeleton } from "../../ui/empty.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useNow } from "../../ui/time.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { ActDialog, type ActSubject } from "./acts/act-dialog.tsx";
import { type Verb, verbsFor } from "./acts/verbs.ts";
import { Figures } from "./figures.tsx";
import { Gantt } from "./gantt.tsx";
import { JournalList } from "./journal-list.tsx";
import { RunStepSheet } from "./run-step-sheet.tsx";
import { StepsPanel } from "./steps-panel.tsx";
import { Strip } from "./strip.tsx";
import { TenantSheet } from "./tenant-sheet.tsx";
import { TenantsPanel } from "./tenants-panel.tsx";
import "./run-page.css";

const route = getRouteApi("/e/$environment/run/$run");

/** What somebody is about to say to the run. */
interface Saying {
  readonly verb: Verb;
  readonly subject: ActSubject;
}

/** One run, live: what happens, whether it is safe, what it waits for, and the verbs. */
export function RunPage(): ReactNode {
  const environment = useEnvironment();
  const { run: id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { live, view } = useLiveRun(environment, id);
  const { run } = view;
  const planned = useQuery({ ...queries.planOf(environment, run?.planHash ?? ""), enabled: run !== null });
  const plan = planned.data?.plan;
  const index = useMemo(() => (plan === undefined ? null : indexPlan(plan)), [plan]);
  const times = useMemo(() => (plan === undefined ? null : planTimes(plan)), [plan]);
  const [saying, setSaying] = useState<Saying | null>(null);
  const clock = useRunClock(run);
  useTitle(run === null ? "Run" : `${run.from} to ${run.release}`);
  const set = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const say = (verb: Verb, subject: ActSubject = {}) => setSaying({ verb, subject });

  if (view.error !== null) return <Failure error={view.error} again={() => live.start()} />;
  if (run === null) return <PageSkeleton height={480} />;
  const steps = new Map(view.steps.map((step) => [step.step, step]));
  return (
    <div className="page run-page">
      <Strip
        run={run}
        title={run.title}
        now={run.endedAt ?? clock}
        verbs={<Verbs run={run} index={index} onSay={say} />}
      />
      <Trouble run={run} />
      <Panel
        flush
        title="Plan against fact"
        aside={
          <>
            <span className="gantt-key">
              <span className="gantt-key-plan" /> planned{" "}
              <span className="gantt-key-fact" data-mark="running" /> happened
            </span>
            <Link className="text-link" to="/e/$environment/run/$run/plan" params={{ environment, run: id }}>
              Open the plan
            </Link>
          </>
        }
      >
        {index === null || times === null ? (
          <Skeleton height={240} />
        ) : (
          <Gantt
            index={index}
            times={times}
            phases={run.phases}
            steps={steps}
            startedAt={run.startedAt}
            now={run.endedAt ?? clock}
            onOpen={(step) => set({ step })}
          />
        )}
      </Panel>
      <TenantsPanel view={view} index={index} onOpen={(tenant) => set({ tenant })} />
      <Figures environment={environment} run={run} events={view.events} />
      <div className="run-columns">
        <StepsPanel view={view} now={clock} onOpen={(step) => set({ step })} />
        <Panel
          flush
          title="Journal"
          aside={
            view.more ? (
              <Button size="small" look="ghost" onClick={() => void live.loadEarlier()}>
                Load earlier
              </Button>
            ) : undefined
          }
        >
          <JournalList
            items={view.events}
            filter={search.filter ?? ""}
            onFilter={(filter) => set({ filter: filter || undefined })}
          />
        </Panel>
      </div>
      {search.step !== undefined && index !== null && (
        <RunStepSheet
          environment={environment}
          run={run}
          index={index}
          step={search.step}
          onOpen={(step) => set({ step })}
          onSay={say}
          onClose={() => set({ step: undefined })}
        />
      )}
      {search.tenant !== undefined && (
        <TenantSheet
          environment={environment}
          run={run}
          tenant={search.tenant}
          onSay={say}
          onClose={() => set({ tenant: undefined })}
        />
      )}
      {saying !== null && (
        <ActDialog
          environment={environment}
          run={run}
          verb={saying.verb}
          subject={saying.subject}
          forGood={saying.verb.action === "approve-gate" && plan?.estimates.pointOfNoReturn != null}
          onClose={() => setSaying(null)}
        />
      )}
    </div>
  );
}

/** The run's present by the journal's clock: what it said last, and what this browser counted since. */
function useRunClock(run: RunBody | null): number {
  const now = useNow();
  const [base, setBase] = useState({ at: 0, here: 0 });
  if (run !== null && run.at !== base.at) setBase({ at: run.at, here: Date.now() });
  return base.at === 0 ? now : base.at + Math.max(0, now - base.here);
}

function Verbs({
  run,
  index,
  onSay,
}: {
  readonly run: RunBody;
  readonly index: PlanIndex | null;
  readonly onSay: (verb: Verb, subject?: ActSubject) => void;
}): ReactNode {
  const gate = run.waiting === null ? undefined : index?.steps.get(run.waiting.step);
  const atGate = gate?.kind === "gate.approval";
  return verbsFor(run, run.drivenBy !== null, atGate).map((verb) => (
    <Button
      key={verb.action}
      look={verb.look}
      icon={verb.icon}
      onClick={() =>
        onSay(verb, verb.action === "approve-gate" && gate !== undefined ? { step: gate.id } : {})
      }
    >
      {verb.words(run)}
    </Button>
  ));
}

/** What went wrong and still stands: refused requests, parked tenants, what does not fit. */
function Trouble({ run }: { readonly run: RunBody }): ReactNode {
  const parked = run.tenants.problems.slice(0, 3);
  const ignored = run.anomalies.count;
  if (run.refused === null && parked.length === 0 && ignored === 0) return null;
  const rest = run.tenants.problems.length - parked.length;
  return (
    <section className="panel" aria-label="What stands in the way">
      {run.refused !== null && <ProblemLine problem={run.refused.problem} />}
      {parked.map(({ tenant, problem }) => (
        <ProblemLine
          key={tenant}
          problem={{ ...problem, message: `${tenant} is parked: ${problem.message}` }}
        />
      ))}
      {rest > 0 && (
        <p className="problem-more quiet">{rest} more tenants are parked; the grid below shows which.</p>
      )}
      {ignored > 0 && (
        <Callout>
          {ignored} {ignored === 1 ? "event does" : "events do"} not fit this run and changed nothing:{" "}
          {run.anomalies.last?.reason ?? "unknown why"}. Verify the journal on the Audit page and keep a copy
          of it.
        </Callout>
      )}
    </section>
  );
}
