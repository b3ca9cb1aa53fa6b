import type { Mark } from "@baton/core";
import type { ReactNode } from "react";
import { useStale } from "../api/freshness.ts";
import { MARK_PATHS } from "./mark-paths.ts";
import "./mark.css";

/** What each mark is called where nobody sees it. */
export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  done: "done",
  running: "running",
  "to-come": "to come",
  waits: "waits",
  failed: "failed",
  undoing: "undoing",
  unknown: "unknown",
  parked: "parked",
};

/** The mark to colour something by: its own while somebody vouches for it, else unknown. */
export const useShownMark = (mark: Mark): Mark => (useStale() === null ? mark : "unknown");

/**
 * The symbol of a state in its colour. While the server or the journal is away nothing is vouched for: then every mark is shown as
 * unknown, so that no screen keeps a stale green.
 */
export function StateMark({ mark, label }: { readonly mark: Mark; readonly label?: string }): ReactNode {
  const stale = useStale();
  const shown = stale === null ? mark : "unknown";
  const { stroke, fill, dashed } = MARK_PATHS[shown];
  const words =
    stale === null ? (label ?? MARK_WORDS[mark]) : `unknown, last known: ${label ?? MARK_WORDS[mark]}`;
  return (
    <span className="mark" data-mark={shown}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {fill !== undefined && <path d={fill} fill="currentColor" />}
        {stroke !== undefined && (
          <path
            d={stroke}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.9"
            strokeLinecap="round"
            strokeLinejoin="round"
            {...(dashed ? { strokeDasharray: "2.2 2.6" } : {})}
          />
        )}
      </svg>
      <span className="visually-hidden">{words}</span>
    </span>
  );
}

/** A state as a small label: its symbol and its words, never its colour alone. */
export function StateLabel({
  mark,
  children,
}: {
  readonly mark: Mark;
  readonly children: ReactNode;
}): ReactNode {
  const stale = useStale();
  return (
    <span className="state-label" data-mark={stale === null ? mark : "unknown"}>
      <StateMark mark={mark} />
      <span>
        {stale === null ? null : "last known: "}
        {children}
      </span>
    </span>
  );
}
