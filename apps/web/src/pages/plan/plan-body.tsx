import {
  type PlanIndex,
  type PlanTimes,
  renderCount,
  renderDuration,
  renderEstimate,
  rollbackAfterHoldSeconds,
} from "@baton/core";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Fact, Facts, Panel } from "../../ui/panel.tsx";
import { Segments } from "../../ui/search-field.tsx";
import { useNarrow } from "../../ui/use-narrow.ts";
import { foldedAtFirst } from "./layout.ts";
import { PlanGraph } from "./plan-graph.tsx";
import { PlanList } from "./plan-list.tsx";
import { StepSheet } from "./step-sheet.tsx";
import { UNDO_ORDER, UNDO_WORDS, UndoLabel } from "./undo-shape.tsx";
import "./plan-page.css";

/** What of a plan's page stands in its address. */
export interface PlanSearch {
  readonly step?: string | undefined;
  readonly view?: "drawing" | "list" | undefined;
}

/** A plan's figures, its drawing or list, and the step that is opened. */
export function PlanBody({
  index,
  times,
  search,
  onSearch,
}: {
  readonly index: PlanIndex;
  readonly times: PlanTimes;
  readonly search: PlanSearch;
  readonly onSearch: (change: PlanSearch) => void;
}): ReactNode {
  const { plan } = index;
  const first = useMemo(() => foldedAtFirst(index), [index]);
  const [folded, setFolded] = useState(first);
  useEffect(() => setFolded(first), [first]);
  const narrow = useNarrow();
  const view = search.view ?? (narrow ? "list" : "drawing");
  const step = search.step === undefined ? undefined : index.steps.get(search.step);
  const open = (id: string) => onSearch({ step: id });
  const allFolded = folded.size === plan.phases.length;
  return (
    <>
      <Figures index={index} times={times} />
      <Panel
        flush
        title={`${renderCount(plan.steps.length, "step")} in ${renderCount(plan.phases.length, "phase")}`}
        aside={
          <>
            <Legend />
            {view === "drawing" && (
              <Button
                size="small"
                icon="fold"
                onClick={() =>
                  setFolded(allFolded ? new Set() : new Set(plan.phases.map((phase) => phase.id)))
                }
              >
                {allFolded ? "Unfold all" : "Fold all"}
              </Button>
            )}
            <Segments
              label="How to show it"
              value={view}
              onChange={(value) => onSearch({ view: value })}
              options={[
                { value: "drawing", words: "Drawing" },
                { value: "list", words: "List" },
              ]}
            />
          </>
        }
      >
        {view === "drawing" ? (
          <PlanGraph
            index={index}
            times={times}
            folded={folded}
            selected={search.step ?? null}
            onOpen={open}
            onFold={(phases, fold) =>
              setFolded((before) => {
                const next = new Set(before);
                for (const id of phases) fold ? next.add(id) : next.delete(id);
                return next;
              })
            }
          />
        ) : (
          <PlanList index={index} times={times} onOpen={open} />
        )}
      </Panel>
      <Panel title={`Taken for granted (${plan.assumptions.length})`} flush>
        <ul className="assumptions">
          {plan.assumptions.map((assumption) => (
            <li key={assumption.subject}>
              <span className="mono quiet">{assumption.subject}</span>
              <span>{assumption.text}</span>
            </li>
          ))}
        </ul>
      </Panel>
      {step !== undefined && (
        <StepSheet plan={plan} step={step} onOpen={open} onClose={() => onSearch({ step: undefined })} />
      )}
    </>
  );
}

function Figures({ index, times }: { readonly index: PlanIndex; readonly times: PlanTimes }): ReactNode {
  const { plan } = index;
  const after = rollbackAfterHoldSeconds(index);
  const noReturn = plan.estimates.pointOfNoReturn;
  return (
    <section className="panel plan-figures" aria-label="The plan in figures">
      <Facts>
        <Fact
          name={times.toHold === null ? "Takes" : "To the hold"}
          note={times.toHold === null ? undefined : `${renderDuration(Math.round(times.total))} in all`}
        >
          {renderEstimate(times.toHold ?? times.total)}
        </Fact>
        <Fact name="Tenants" note={`in ${renderCount(plan.rings.length, "ring")}`}>
          {plan.tenants.length}
        </Fact>
        <Fact name="Rollback, up to the hold" note="at worst, loses nothing">
          {renderDuration(plan.estimates.worstRollbackSeconds)}
        </Fact>
        {index.behindHold.size > 0 && (
          <Fact
            name="Rollback, behind the hold"
            note={after === null ? "a step there cannot be taken back" : "loses nothing"}
          >
            {after === null ? "none" : renderDuration(after)}
          </Fact>
        )}
        <Fact
          name="Point of no return"
          note={
            noReturn === null
              ? "every step can be taken back"
              : "from there on nothing brings the old shape back"
          }
        >
          {noReturn === null ? "there is none" : <span className="mono">{noReturn}</span>}
        </Fact>
        <Fact name="When a step fails">
          {plan.onFailure === "rollback" ? "the run rolls back" : "the run waits"}
        </Fact>
      </Facts>
      <p className="plan-undo">
        {UNDO_ORDER.map((undo) => {
          const count = plan.steps.filter((step) => step.undo === undo).length;
          return count === 0 ? null : (
            <span key={undo} title={UNDO_WORDS[undo]}>
              {count} <UndoLabel undo={undo} />
            </span>
          );
        })}
      </p>
    </section>
  );
}

function Legend(): ReactNode {
  return (
    <span className="plan-legend">
      <span>
        <span className="plan-legend-line" />
        critical path
      </span>
    </span>
  );
}
