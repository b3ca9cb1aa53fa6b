import type { Problem } from "@baton/core";
import type { ReactNode } from "react";
import { problemsOf } from "../api/problems.ts";
import { Button } from "./button.tsx";
import { StateMark } from "./mark.tsx";
import { Words } from "./words.tsx";

/** Nothing to show, why that is so, and the command that fills it. */
export function Empty({
  title,
  children,
  command,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly command?: string;
}): ReactNode {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <p className="empty-words">{children}</p>}
      {command !== undefined && <code className="command">{command}</code>}
    </div>
  );
}

/** A problem: what, where, what to do, and its code for whoever searches for it. */
export function ProblemLine({ problem }: { readonly problem: Problem }): ReactNode {
  const { where } = problem;
  const place = [where?.file, where?.line].filter((part) => part !== undefined).join(":");
  return (
    <div className="problem">
      <StateMark mark="failed" label="problem" />
      <p className="problem-message">
        <Words>{problem.message}</Words>
      </p>
      <p className="problem-remedy">
        <Words>{problem.remedy}</Words>
      </p>
      <p className="problem-code">
        {problem.code}
        {place === "" ? "" : ` · ${place}`}
      </p>
    </div>
  );
}

/** What came of asking in vain: every problem the server told, and a way to ask again. */
export function Failure({
  error,
  again,
}: {
  readonly error: unknown;
  readonly again?: () => void;
}): ReactNode {
  return (
    <div className="problem-boxed" role="alert">
      {problemsOf(error).map((problem) => (
        <ProblemLine key={`${problem.code}${problem.message}`} problem={problem} />
      ))}
      {again !== undefined && (
        <div className="panel-body">
          <Button icon="refresh" onClick={again}>
            Ask again
          </Button>
        </div>
      )}
    </div>
  );
}

/** The place of something that is on its way, as large as what will stand there. */
export function Skeleton({
  width = "100%",
  height = 16,
}: {
  readonly width?: string | number;
  readonly height?: number;
}): ReactNode {
  return <span className="skeleton" style={{ width, height }} aria-hidden="true" />;
}

/** A page on its way: its head and one part of about its size. */
export function PageSkeleton({ height = 320 }: { readonly height?: number }): ReactNode {
  return (
    <div className="page" role="status" aria-label="Loading">
      <div className="page-head">
        <Skeleton width={280} height={28} />
      </div>
      <Skeleton height={height} />
    </div>
  );
}
