import {
  catalogue,
  type Json,
  mannerOf,
  type Plan,
  type PlanStep,
  renderDuration,
  SOLE_UNIT,
} from "@baton/core";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { Fact, Facts } from "../../ui/panel.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { UNDO_WORDS, UndoLabel } from "./undo-shape.tsx";
import "./step-sheet.css";

/** What protects the target, in a sentence. */
const EFFECT_WORDS: Readonly<Record<PlanStep["effect"], string>> = {
  fenced: "The target refuses a conductor that woke up too late.",
  "compare-and-set": "The target refuses a change made for an older state.",
  convergent: "It sets a state that only this plan can want; setting it twice changes nothing.",
  unfenced: "Nothing at the target refuses a late one: a successor waits its deadline out.",
};

/** Everything a plan says of one step: what it will do, to whom, behind what, and how it is taken back. */
export function StepSheet({
  plan,
  step,
  onClose,
  onOpen,
  children,
}: {
  readonly plan: Plan;
  readonly step: PlanStep;
  readonly onClose: () => void;
  readonly onOpen: (step: string) => void;
  readonly children?: ReactNode;
}): ReactNode {
  const critical = plan.estimates.criticalPath.includes(step.id);
  return (
    <Dialog title={<span className="mono">{step.id}</span>} kind="side" onClose={onClose}>
      <div>
        <p className="sheet-title">{sentence(step.title)}</p>
        <p className="quiet">
          {catalogue.get(step.kind)?.summary ?? "A kind of step this page does not know."}
        </p>
      </div>
      {children}
      <Facts>
        <Fact name="Kind">
          <span className="mono">{step.kind}</span>
        </Fact>
        <Fact name="Takes" note={critical ? "on the critical path" : undefined}>
          {mannerOf(step) === "approval"
            ? "as long as a person takes"
            : `about ${renderDuration(step.seconds)}`}
        </Fact>
        <Fact name="Undo" note={UNDO_WORDS[step.undo]}>
          <UndoLabel undo={step.undo} seconds={step.undoSeconds} />
        </Fact>
      </Facts>
      <Part title="What it is given">
        <InputTable input={step.input} />
      </Part>
      <Part title={step.fanOut ? `For ${step.units.length} tenants` : "For the platform as a whole"}>
        {step.fanOut ? (
          <Scroll label="Tenants" className="unit-names mono">
            {step.units.filter((unit) => unit !== SOLE_UNIT).join("  ")}
          </Scroll>
        ) : (
          <p className="quiet">It happens once, not per tenant.</p>
        )}
      </Part>
      <Part title="Waits for">
        {step.after.length === 0 ? (
          <p className="quiet">Nothing: it may begin at once.</p>
        ) : (
          <ul className="step-links">
            {step.after.map((id) => (
              <li key={id}>
                <button type="button" className="text-link plain-button mono" onClick={() => onOpen(id)}>
                  {id}
                </button>
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part title={`Protection: ${step.effect}`}>
        <p className="quiet">{EFFECT_WORDS[step.effect]}</p>
      </Part>
    </Dialog>
  );
}

/** A titled part of a sheet. */
export function Part({
  title,
  children,
}: {
  readonly title: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className="sheet-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** A step's input as it stands in the plan, a field a line. */
function InputTable({ input }: { readonly input: PlanStep["input"] }): ReactNode {
  const fields = Object.entries(input);
  if (fields.length === 0) return <p className="quiet">Nothing.</p>;
  return (
    <dl className="input-table mono">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{textOf(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value, null, 1));

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
