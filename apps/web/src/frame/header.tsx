import type { RunSummary } from "@baton/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { FromTo, Icon } from "../ui/icon.tsx";
import { StateMark } from "../ui/mark.tsx";
import { markOfRun, stepsWords, wordsOfRun } from "./run-words.ts";
import { useTheme } from "./theme.ts";

/** Who looks, in the header's words. */
interface HeaderPerson {
  readonly name: string;
  readonly roles: readonly string[];
}

interface HeaderProps {
  readonly environment: string;
  readonly environments: readonly string[];
  readonly onEnvironment: (environment: string) => void;
  /** The run that goes on, or the last one; null where there is none; undefined while nobody knows. */
  readonly run: RunSummary | null | undefined;
  readonly person: HeaderPerson | null;
  readonly onPalette: () => void;
  readonly onSignOut: () => void;
}

/** The line over every page: where one is, how the run is, who one is. */
export function Header(props: HeaderProps): ReactNode {
  const { theme, toggle } = useTheme();
  return (
    <header className="header">
      <EnvironmentChoice {...props} />
      <span className="header-sep" />
      <RunChip environment={props.environment} run={props.run} />
      <div className="header-end">
        <button type="button" className="header-search" onClick={props.onPalette}>
          <Icon name="search" size={14} />
          <span>Search or command</span>
          <kbd>Ctrl K</kbd>
        </button>
        <Button
          look="ghost"
          icon={theme === "dark" ? "sun" : "moon"}
          aria-label={theme === "dark" ? "Change to light" : "Change to dark"}
          onClick={toggle}
        />
        {props.person !== null && (
          <>
            <div className="header-person">
              <strong>{props.person.name}</strong>
              <span className="quiet">
                {props.person.roles.length === 0 ? "no role here" : props.person.roles.join(", ")}
              </span>
            </div>
            <Button
              look="ghost"
              icon="out"
              aria-label={`Sign out ${props.person.name}`}
              onClick={props.onSignOut}
            />
          </>
        )}
      </div>
    </header>
  );
}

function EnvironmentChoice({ environment, environments, onEnvironment }: HeaderProps): ReactNode {
  return (
    <div className="header-environment">
      {environments.length > 1 ? (
        <select
          className="select"
          aria-label="Environment"
          value={environment}
          onChange={(event) => onEnvironment(event.target.value)}
        >
          {environments.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : (
        <span>
          <span className="visually-hidden">Environment </span>
          {environment}
        </span>
      )}
    </div>
  );
}

function RunChip({
  environment,
  run,
}: {
  readonly environment: string;
  readonly run: HeaderProps["run"];
}): ReactNode {
  if (run === undefined) return <span className="header-run quiet">…</span>;
  if (run === null) return <span className="header-run quiet">no run yet</span>;
  return (
    <Link className="header-run" to="/e/$environment/run/$run" params={{ environment, run: run.run }}>
      <StateMark mark={markOfRun(run)} />
      <strong className="nowrap">
        <FromTo from={run.from} to={run.release} />
      </strong>
      <span className="header-run-words quiet">
        {wordsOfRun(run)}
        {run.status === "ended" ? "" : ` · ${stepsWords(run)}`}
      </span>
    </Link>
  );
}
