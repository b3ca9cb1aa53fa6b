import { mannerOf, type PlanIndex, type PlanPhase, type PlanTimes, renderDuration } from "@baton/core";
import { type KeyboardEvent, type ReactNode, useMemo, useRef } from "react";
import { Icon } from "../../ui/icon.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { type Box, type Column, layOut, type PlanLayout } from "./layout.ts";
import { nearest } from "./nearest-box.ts";
import { UndoShape } from "./undo-shape.tsx";
import "./plan-graph.css";

interface PlanGraphProps {
  readonly index: PlanIndex;
  readonly times: PlanTimes;
  readonly folded: ReadonlySet<string>;
  readonly selected: string | null;
  readonly onFold: (phases: readonly string[], fold: boolean) => void;
  readonly onOpen: (step: string) => void;
}

/** The plan as a drawing, left to right by phase. Arrow keys go from card to card, Enter opens one. */
export function PlanGraph({ index, times, folded, selected, onFold, onOpen }: PlanGraphProps): ReactNode {
  const layout = useMemo(() => layOut(index, folded), [index, folded]);
  const critical = useMemo(() => new Set(index.plan.estimates.criticalPath), [index]);
  const ref = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const here = (event.target as HTMLElement).dataset.box;
    const next = here === undefined ? null : nearest(layout.boxes, here, event.key);
    if (next === null) return;
    event.preventDefault();
    ref.current?.querySelector<HTMLElement>(`[data-box="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <section className="plan-scroll" aria-label="Plan by phase" tabIndex={-1}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the cards inside are the buttons; arrows move between them. */}
      <div
        ref={ref}
        className="plan-canvas"
        style={{ width: layout.width, height: layout.height }}
        onKeyDown={onKeyDown}
      >
        <Lines layout={layout} />
        {layout.columns.map((column) => (
          <ColumnHead
            key={column.phases.map((phase) => phase.id).join()}
            column={column}
            times={times}
            onFold={onFold}
          />
        ))}
        {layout.boxes.map((box) => (
          <Card
            key={box.id}
            box={box}
            critical={box.step !== null && critical.has(box.step.id)}
            selected={box.id === selected}
            index={index}
            times={times}
            onClick={() => (box.step === null ? onFold([box.phase.id], false) : onOpen(box.step.id))}
          />
        ))}
      </div>
    </section>
  );
}

function Lines({ layout }: { readonly layout: PlanLayout }): ReactNode {
  const { noReturn } = layout;
  return (
    <svg className="plan-lines" width={layout.width} height={layout.height} aria-hidden="true">
      <defs>
        <pattern id="gate" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="8" height="8" className="gate-ground" />
          <path d="M0 0V8" className="gate-stripe" />
        </pattern>
      </defs>
      {layout.columns
        .filter((column) => column.hold)
        .map((column) => (
          <g key={column.x}>
            <rect
              x={column.x - 12}
              y={0}
              width={column.width + 24}
              height={layout.height}
              fill="url(#gate)"
            />
            <path className="gate-post" d={`M${column.x - 12} 0V${layout.height}`} />
            <path className="gate-post" d={`M${column.x + column.width + 12} 0V${layout.height}`} />
          </g>
        ))}
      {layout.edges.map((edge) => (
        <path
          key={`${edge.from}>${edge.to}`}
          className="plan-edge"
          data-critical={edge.critical || undefined}
          d={edge.path}
        />
      ))}
      {noReturn !== null && (
        <path
          className="no-return"
          d={`M${noReturn.x} ${noReturn.y - 2}h${noReturn.width}M${noReturn.x} ${noReturn.y + 2}h${noReturn.width}`}
        />
      )}
    </svg>
  );
}

function ColumnHead({
  column,
  times,
  onFold,
}: {
  readonly column: Column;
  readonly times: PlanTimes;
  readonly onFold: PlanGraphProps["onFold"];
}): ReactNode {
  const [first] = column.phases;
  const last = column.phases.at(-1);
  if (first === undefined || last === undefined) return null;
  const many = column.phases.length > 1;
  const seconds = column.phases.reduce((sum, phase) => sum + (times.phases.get(phase.id) ?? 0), 0);
  const ids = column.phases.map((phase) => phase.id);
  return (
    <div className="plan-column-head" style={{ left: column.x, width: column.width }}>
      <div className="plan-column-name">
        {first.hold && <StateMark mark="waits" label="hold" />}
        <h3>{many ? `${nameOf(first)} to ${nameOf(last)}` : nameOf(first)}</h3>
        <button
          type="button"
          className="fold"
          aria-expanded={!column.folded}
          aria-label={`${column.folded ? "Unfold" : "Fold"} ${many ? `${column.phases.length} phases` : nameOf(first)}`}
          onClick={() => onFold(ids, !column.folded)}
        >
          <Icon name="fold" size={14} />
        </button>
      </div>
      <p>
        {first.ring === null ? "" : many ? `${column.phases.length} rings · ` : "ring · "}
        {first.hold ? "the run waits here" : `about ${renderDuration(Math.round(seconds))}`}
      </p>
    </div>
  );
}

const nameOf = (phase: PlanPhase): string => (phase.ring === null ? phase.title : phase.ring);

function Card({
  box,
  critical,
  selected,
  index,
  times,
  onClick,
}: {
  readonly box: Box;
  readonly critical: boolean;
  readonly selected: boolean;
  readonly index: PlanIndex;
  readonly times: PlanTimes;
  readonly onClick: () => void;
}): ReactNode {
  const place = { left: box.x, top: box.y, width: box.width, height: box.height };
  const { step, phase } = box;
  if (step === null) {
    const steps = phase.steps.flatMap((id) => index.steps.get(id) ?? []);
    const undo = (["none", "lossless", "instant", "inert"] as const).find((one) =>
      steps.some((each) => each.undo === one),
    );
    return (
      <button
        type="button"
        className="plan-card"
        data-box={box.id}
        data-folded
        style={place}
        onClick={onClick}
      >
        <span className="plan-card-name">{nameOf(phase)}</span>
        <span className="plan-card-line">
          {steps.length} {steps.length === 1 ? "step" : "steps"} ·{" "}
          {renderDuration(Math.round(times.phases.get(phase.id) ?? 0))}
        </span>
        {undo !== undefined && <UndoShape undo={undo} />}
      </button>
    );
  }
  const name = step.id.startsWith(`${step.phase}.`) ? step.id.slice(step.phase.length + 1) : step.id;
  return (
    <button
      type="button"
      className="plan-card"
      data-box={box.id}
      data-critical={critical || undefined}
      data-selected={selected || undefined}
      data-undo={step.undo}
      style={place}
      onClick={onClick}
      title={step.title}
    >
      <span className="plan-card-name">{name}</span>
      <span className="plan-card-line">
        <span className="plan-card-kind">{step.kind}</span>
        <span>{mannerOf(step) === "approval" ? "a person" : renderDuration(step.seconds)}</span>
      </span>
      <UndoShape undo={step.undo} />
      {critical && <span className="visually-hidden">on the critical path</span>}
    </button>
  );
}
