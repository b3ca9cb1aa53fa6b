import { type Mark, renderCount, renderDuration, renderMilliseconds, renderNumber } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import type { BackupsBody, ReleaseBody, RunBody, SurroundingsBody, TrafficBody } from "../../api/types.ts";
import { markOfRun, rollbackWords, stepsWords, wordsOfRun } from "../../frame/run-words.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Empty, Failure, PageSkeleton, ProblemLine } from "../../ui/empty.tsx";
import { FromTo } from "../../ui/icon.tsx";
import { StateLabel, StateMark, useShownMark } from "../../ui/mark.tsx";
import { Fact, Facts, PageHead, Panel } from "../../ui/panel.tsx";
import { Ago, Since } from "../../ui/time.tsx";
import { useTitle } from "../../ui/use-title.ts";
import "../run/strip.css";
import "./today.css";

/** Four answers in this order: what is happening, is it safe, what does it wait for, what can I do. */
export function TodayPage(): ReactNode {
  const environment = useEnvironment();
  useTitle("Today");
  const surroundings = useQuery(queries.surroundings(environment));
  const here = surroundings.data;
  const run = useQuery({ ...queries.run(environment, here?.run ?? ""), enabled: here?.run != null });
  const releases = useQuery(queries.releases(environment));
  if (here === undefined)
    return surroundings.error === null ? (
      <PageSkeleton />
    ) : (
      <Failure error={surroundings.error} again={() => surroundings.refetch()} />
    );
  const next = releases.data?.items.find((release) => release.state === "next");
  return (
    <div className="page">
      <PageHead
        title={here.release === null ? environment : `${here.release} serves ${environment}`}
        about={
          here.release === null
            ? "Nobody can say which release is in service."
            : "What is happening, whether it is safe, what it waits for, and what you can do."
        }
      />
      <Happening environment={environment} here={here} run={run.data ?? null} next={next} />
      <div className="today-columns">
        <Safety environment={environment} here={here} run={run.data ?? null} />
        <Services here={here} />
      </div>
      {next !== undefined && <Next environment={environment} release={next} />}
    </div>
  );
}

function Happening({
  environment,
  here,
  run,
  next,
}: {
  readonly environment: string;
  readonly here: SurroundingsBody;
  readonly run: RunBody | null;
  readonly next: ReleaseBody | undefined;
}): ReactNode {
  const goesOn = run !== null && run.status !== "ended";
  const shown = useShownMark(run === null ? "to-come" : markOfRun(run));
  if (!goesOn)
    return (
      <section className="strip" data-mark={shown} aria-label="What is happening">
        <div className="strip-top">
          <div className="strip-words">
            <h2 className="today-title">No run is under way</h2>
            <p className="strip-wait">
              {run === null ? (
                here.run === null ? (
                  "Nothing was ever run here."
                ) : (
                  "The last run is being read…"
                )
              ) : (
                <>
                  <StateMark mark={markOfRun(run)} />
                  <span>
                    The last one, <FromTo from={run.from} to={run.release} />, {wordsOfRun(run)}{" "}
                    <Ago at={run.endedAt} />.
                  </span>
                </>
              )}
            </p>
          </div>
          <div className="strip-verbs">
            {run !== null && (
              <Link
                className="link-button"
                to="/e/$environment/run/$run"
                params={{ environment, run: run.run }}
              >
                See the last run
              </Link>
            )}
            {next !== undefined && (
              <Link
                className="link-button"
                data-look="primary"
                to="/e/$environment/releases/$release"
                params={{ environment, release: next.release }}
              >
                Read the plan of {next.release}
              </Link>
            )}
          </div>
        </div>
      </section>
    );
  return (
    <section className="strip" data-mark={shown} aria-label="What is happening">
      <div className="strip-top">
        <div className="strip-words">
          <div className="row">
            <h2 className="today-title">
              <FromTo from={run.from} to={run.release} />
            </h2>
            <StateLabel mark={markOfRun(run)}>{wordsOfRun(run)}</StateLabel>
            <span className="quiet">{stepsWords(run)}</span>
          </div>
          <p className="strip-wait">
            <StateMark mark={markOfRun(run)} />
            <span>
              {markOfRun(run) === "waits" ? "Waits for " : "At work: "}
              {run.explanation.waitingFor}
              {run.explanation.since !== null && (
                <span className="quiet">
                  , for <Since at={run.explanation.since} />
                </span>
              )}
            </span>
          </p>
        </div>
        <div className="strip-verbs">
          <Link
            className="link-button"
            data-look="primary"
            to="/e/$environment/run/$run"
            params={{ environment, run: run.run }}
          >
            {run.status === "opened" && run.approvedBy === null
              ? "Read and approve it"
              : "Watch and steer it"}
          </Link>
        </div>
      </div>
    </section>
  );
}

/** One answer to "is it safe", with what it rests on. */
interface Safe {
  readonly name: string;
  readonly mark: Mark;
  readonly words: ReactNode;
}

function Safety({
  environment,
  here,
  run,
}: {
  readonly environment: string;
  readonly here: SurroundingsBody;
  readonly run: RunBody | null;
}): ReactNode {
  const traffic = useQuery(queries.traffic(environment));
  const backups = useQuery(queries.backups(environment));
  const verification = useQuery(queries.verification(environment));
  const checked = verification.data?.result ?? null;
  const rows: readonly Safe[] = [
    trafficRow(traffic.data),
    ...(run !== null && run.status !== "ended"
      ? [
          {
            name: "Way back",
            mark: run.rollbackRefusal === null ? ("done" as const) : ("failed" as const),
            words:
              run.rollbackRefusal === null
                ? `To ${run.from} in ${rollbackWords(run)}.`
                : run.rollbackRefusal.message,
          },
        ]
      : []),
    backupRow(backups.data),
    {
      name: "Journal",
      mark:
        checked === null
          ? "unknown"
          : checked.intact === true
            ? "done"
            : checked.intact === null
              ? "unknown"
              : "failed",
      words:
        checked === null ? (
          <>
            Not verified since the server started.{" "}
            <Link className="text-link" to="/e/$environment/audit" params={{ environment }}>
              Verify it
            </Link>
          </>
        ) : checked.intact === true ? (
          <>
            {renderCount(checked.events, "event")} as they were signed, looked at{" "}
            <Ago at={verification.data?.endedAt ?? null} />.
          </>
        ) : checked.intact === null ? (
          `Nobody can say: ${checked.unknown[0]?.message ?? "there is nothing to check"}`
        ) : (
          `${renderCount(checked.found, "finding")}: ${checked.problems[0]?.message ?? ""}`
        ),
    },
    {
      name: "Conductor",
      mark: here.conductor === null ? "to-come" : "running",
      words:
        here.conductor === null
          ? "None is at work, and none is needed unless a run goes on."
          : `At work: ${here.conductor.command}`,
    },
  ];
  return (
    <Panel title="Is it safe" flush>
      <ul className="today-list">
        {rows.map((row) => (
          <li key={row.name}>
            <StateMark mark={row.mark} />
            <span className="today-name">{row.name}</span>
            <span>{row.words}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function trafficRow(traffic: TrafficBody | undefined): Safe {
  const name = "Users";
  if (traffic === undefined) return { name, mark: "unknown", words: "unknown yet" };
  const { now } = traffic;
  if (now === null) return { name, mark: "unknown", words: `unknown: ${traffic.reason ?? "nobody looked"}` };
  const p99 = traffic.samples.at(-1)?.p99 ?? null;
  const failed = now.requests.failed;
  return {
    name,
    mark: failed > 0 ? "failed" : now.requests.total === 0 ? "unknown" : "done",
    words: `${renderNumber(now.requests.total)} requests, ${renderNumber(failed)} failed, p99 ${renderMilliseconds(p99)}.`,
  };
}

function backupRow(backups: BackupsBody | undefined): Safe {
  const name = "Backups";
  if (backups === undefined) return { name, mark: "unknown", words: "unknown yet" };
  const mark = backups.verdict === "good" ? "done" : backups.verdict === "bad" ? "failed" : "unknown";
  const poor = [backups.baton, ...backups.tenants].filter((one) => one.verdict !== "good");
  const restore =
    backups.restoreSeconds === null
      ? ""
      : ` A restore takes about ${renderDuration(backups.restoreSeconds)}.`;
  return {
    name,
    mark,
    words:
      poor.length === 0
        ? `Of Baton and ${renderCount(backups.tenants.length, "tenant")}, each proven by a restore.${restore}`
        : `${poor[0]?.subject ?? ""}: ${poor[0]?.why ?? ""}${poor.length > 1 ? `, and ${poor.length - 1} more` : ""}`,
  };
}

const HEALTH: Readonly<Record<string, Mark>> = {
  healthy: "done",
  running: "done",
  external: "done",
  starting: "running",
  stopping: "to-come",
  stopped: "to-come",
  failed: "failed",
  unknown: "unknown",
};

function Services({ here }: { readonly here: SurroundingsBody }): ReactNode {
  const rows = [
    ...here.services.map((service) => ({
      name: service.title,
      state: service.state,
      note: `${service.version}${service.restarts > 0 ? `, ${renderCount(service.restarts, "restart")}` : ""}`,
    })),
    { name: "PostgreSQL", state: here.postgres, note: "" },
    { name: "Key service", state: here.keys, note: "" },
  ];
  return (
    <Panel
      title="What runs"
      flush
      aside={
        <span>
          as of <Ago at={here.at} />
        </span>
      }
    >
      {here.problem !== null ? (
        <ProblemLine problem={here.problem} />
      ) : here.up === false ? (
        <Empty title="The platform is down" command="npm start">
          Nothing runs here. Bring it up with:
        </Empty>
      ) : (
        <ul className="today-list">
          {rows.map((row) => (
            <li key={`${row.name}${row.note}`}>
              <StateMark mark={HEALTH[row.state] ?? "unknown"} label={row.state} />
              <span className="today-name">{row.name}</span>
              <span>
                {row.state} <span className="mono quiet">{row.note}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Next({
  environment,
  release,
}: {
  readonly environment: string;
  readonly release: ReleaseBody;
}): ReactNode {
  const blockers = release.blockers ?? [];
  return (
    <Panel
      flush
      title={
        <>
          Next: {release.release}, {release.title}
        </>
      }
      aside={
        <Link className="text-link" to="/e/$environment/releases" params={{ environment }}>
          All releases
        </Link>
      }
    >
      {blockers.length > 0 ? (
        blockers.map((problem) => <ProblemLine key={`${problem.code}${problem.message}`} problem={problem} />)
      ) : (
        <div className="panel-body">
          <Facts>
            <Fact name="Blockers">{release.blockers === null ? "unknown: nobody looked" : "none"}</Fact>
            {release.plan !== null && (
              <>
                <Fact name="Plan">
                  <span className="mono">{release.plan.hash.slice(0, 8)}</span>
                </Fact>
                <Fact name="Takes">about {renderDuration(Math.round(release.plan.totalSeconds))}</Fact>
                <Fact name="Tenants">{release.plan.tenants}</Fact>
                <Fact name="Rollback at worst">{renderDuration(release.plan.worstRollbackSeconds)}</Fact>
              </>
            )}
          </Facts>
        </div>
      )}
    </Panel>
  );
}
