import { type Actor, markOfOutcome, renderCount, renderDuration, renderNumber, symbolOf } from "@baton/core";
import type { HistoryDetails, HistoryItem } from "@baton/session";
import { paintMark } from "./mark.ts";
import { renderMoment } from "./moment.ts";
import { paintWith } from "./paint.ts";
import { parkedWords } from "./parked.ts";
import { fit, type RenderOptions, wrap } from "./text.ts";

const INDENT = "    ";

/** Runs as a list, the newest first, a few lines each: what, when, how it came out, who, and what went wrong. */
export function renderHistory(items: readonly HistoryItem[], options: RenderOptions): readonly string[] {
  return items.flatMap((item, at) => [...(at === 0 ? [] : [""]), ...renderItem(item, options)]);
}

function renderItem(item: HistoryItem, options: RenderOptions): readonly string[] {
  const { run, release, from, openedAt, openedBy, outcome, told } = item;
  const paint = paintWith(options.color);
  const mark =
    outcome !== null
      ? markOfOutcome(outcome)
      : told?.waitsFor
        ? "waits"
        : told === null
          ? "unknown"
          : "running";
  const state = outcome ?? told?.status ?? "unknown";
  const words = fit(`${run}  ${from} → ${release}  ${state}`, options.width - 2).replace(
    run,
    paint.strong(run),
  );
  return [
    `${paintMark(mark, paint)} ${words}`,
    ...wrap(
      `${renderMoment(openedAt)}${lasted(told)}, opened by ${nameOf(openedBy)}${approved(told)}`,
      options.width,
      INDENT,
    ),
    ...(told === null ? [] : details(told, options)),
    ...(item.problem === null
      ? []
      : wrap(`unknown: ${item.problem.message} (${item.problem.code})`, options.width, INDENT)),
  ];
}

function details(told: HistoryDetails, options: RenderOptions): readonly string[] {
  const { rollback, parked, figures, reason, waitsFor, steps } = told;
  const lines = [
    reason ?? (waitsFor === null ? `${steps.ended} of ${steps.total} steps` : waitsFor),
    rollback === null ? null : taken(rollback),
    ...parkedWords(parked).map((words) => `${symbolOf("parked")} ${words}`),
    figures === null ? null : traffic(figures),
  ];
  return lines.filter((line) => line !== null).flatMap((line) => wrap(line, options.width, INDENT));
}

const taken = ({ seconds, by, reason }: NonNullable<HistoryDetails["rollback"]>): string =>
  `${seconds === null ? "is taken back" : `taken back in ${renderDuration(seconds)}`}, asked for by ${by === null ? "Baton" : nameOf(by)}: ${reason}`;

const traffic = ({ requests, writes }: NonNullable<HistoryDetails["figures"]>): string =>
  `${renderCount(requests.total, "request")}, ${renderNumber(requests.failed)} failed · ${renderCount(writes.acknowledged, "write")}, ${renderNumber(writes.lost)} lost`;

const lasted = (told: HistoryDetails | null): string =>
  told?.seconds == null ? "" : `, ${renderDuration(told.seconds)}`;

const approved = (told: HistoryDetails | null): string =>
  told === null
    ? ""
    : told.approvedBy === null
      ? ", not approved"
      : `, approved by ${nameOf(told.approvedBy)}`;

const nameOf = ({ name, via }: Actor): string => `${name} (${via})`;
