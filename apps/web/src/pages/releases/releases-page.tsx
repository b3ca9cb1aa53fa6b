import { type Mark, renderCount, renderDuration, renderEstimate } from "@baton/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import type { ReleaseBody } from "../../api/types.ts";
import { useEnvironment } from "../../frame/use-environment.ts";
import { Empty, Failure, PageSkeleton, ProblemLine } from "../../ui/empty.tsx";
import { FromTo } from "../../ui/icon.tsx";
import { StateLabel, StateMark } from "../../ui/mark.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { Ago } from "../../ui/time.tsx";
import { useTitle } from "../../ui/use-title.ts";
import "./releases.css";

const STATES: Readonly<Record<ReleaseBody["state"], { readonly mark: Mark; readonly words: string }>> = {
  past: { mark: "done", words: "was in service" },
  current: { mark: "done", words: "in service" },
  "under-way": { mark: "running", words: "under way" },
  next: { mark: "waits", words: "next" },
  later: { mark: "to-come", words: "later" },
  unknown: { mark: "unknown", words: "unknown" },
};

/** All releases from the first to the last on one line of time, and what keeps the next one from starting. */
export function ReleasesPage(): ReactNode {
  const environment = useEnvironment();
  useTitle("Releases");
  const releases = useQuery(queries.releases(environment));
  if (releases.data === undefined)
    return releases.error === null ? (
      <PageSkeleton />
    ) : (
      <Failure error={releases.error} again={() => releases.refetch()} />
    );
  const { items } = releases.data;
  return (
    <div className="page">
      <PageHead
        title="Releases"
        about="From what is in service to what comes after it, and what keeps the next one from starting."
      />
      {items.length === 0 ? (
        <Empty title="No release is described yet" command="releases/R1/release.yaml">
          A release is a file. Write the first one beside platform.yaml; this page shows it as soon as it is
          there.
        </Empty>
      ) : (
        <ol className="timeline">
          {items.map((release) => (
            <ReleaseItem key={release.release} environment={environment} release={release} />
          ))}
        </ol>
      )}
    </div>
  );
}

function ReleaseItem({
  environment,
  release,
}: {
  readonly environment: string;
  readonly release: ReleaseBody;
}): ReactNode {
  const { mark, words } = STATES[release.state];
  const stateMark =
    release.state === "next" && release.blockers !== null && release.blockers.length > 0 ? "failed" : mark;
  return (
    <li className="timeline-item" data-state={release.state}>
      <span className="timeline-node">
        <StateMark mark={release.state === "next" ? stateMark : mark} label={words} />
      </span>
      <article className="timeline-card">
        <header className="timeline-head">
          <h2>
            <FromTo from={release.from} to={release.release} />
          </h2>
          <span className="timeline-title">{release.title}</span>
          <StateLabel mark={release.state === "next" ? stateMark : mark}>
            {release.state === "next" && release.blockers !== null
              ? release.blockers.length === 0
                ? "next, nothing blocks it"
                : `next, blocked by ${release.blockers.length}`
              : words}
          </StateLabel>
        </header>
        <p className="timeline-facts">
          <span>Channel {release.channel}</span>
          {release.author !== null && <span>by {release.author}</span>}
          {release.services.map((service) => (
            <span key={service.service} className="mono">
              {service.service} {service.version}
            </span>
          ))}
          {release.phases.some((phase) => phase.hold) && <span>holds before {afterHold(release)}</span>}
        </p>
        {release.plan !== null && (
          <p className="timeline-facts">
            <span>
              plan <span className="mono">{release.plan.hash.slice(0, 8)}</span>
            </span>
            <span>
              {renderCount(release.plan.steps, "step")}, {renderCount(release.plan.tenants, "tenant")}
            </span>
            <span>{renderEstimate(release.plan.totalSeconds)}</span>
            <span>rollback at worst {renderDuration(release.plan.worstRollbackSeconds)}</span>
            <span>
              {release.plan.pointOfNoReturn === null
                ? "no point of no return"
                : `point of no return: ${release.plan.pointOfNoReturn}`}
            </span>
          </p>
        )}
        {release.blockers !== null && release.blockers.length > 0 && (
          <div className="timeline-blockers">
            {release.blockers.map((problem) => (
              <ProblemLine key={`${problem.code}${problem.message}`} problem={problem} />
            ))}
          </div>
        )}
        <ReleaseLinks environment={environment} release={release} />
      </article>
    </li>
  );
}

function ReleaseLinks({
  environment,
  release,
}: {
  readonly environment: string;
  readonly release: ReleaseBody;
}): ReactNode {
  const planned = release.state === "next" || release.state === "under-way";
  if (!planned && release.run === null) return null;
  return (
    <footer className="timeline-foot">
      {planned && (
        <Link
          className="link-button"
          data-look={release.state === "next" ? "primary" : undefined}
          to="/e/$environment/releases/$release"
          params={{ environment, release: release.release }}
        >
          Read the plan
        </Link>
      )}
      {release.run !== null && (
        <Link
          className="link-button"
          to="/e/$environment/run/$run"
          params={{ environment, run: release.run }}
        >
          {release.state === "under-way" ? "Watch the run" : "See its run"}
        </Link>
      )}
      {release.lookedAt !== null && (
        <span className="quiet timeline-looked">
          looked for blockers <Ago at={release.lookedAt} />
        </span>
      )}
    </footer>
  );
}

function afterHold(release: ReleaseBody): string {
  const at = release.phases.findIndex((phase) => phase.hold);
  return (release.phases[at + 1]?.title ?? "its end").toLowerCase();
}
