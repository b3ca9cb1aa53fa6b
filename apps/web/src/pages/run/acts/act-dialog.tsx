import type { RunSummary } from "@baton/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { act } from "../../../api/act.ts";
import { queries } from "../../../api/queries.ts";
import type { ActionPreview } from "../../../api/types.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Failure, ProblemLine, Skeleton } from "../../../ui/empty.tsx";
import { Fact, Facts } from "../../../ui/panel.tsx";
import { Scroll } from "../../../ui/scroll.tsx";
import { previewSeconds, type Verb } from "./verbs.ts";
import "./act-dialog.css";

/** What a verb is about, where it is not the whole run. */
export interface ActSubject {
  readonly step?: string;
  readonly tenant?: string;
}

interface ActDialogProps {
  readonly environment: string;
  readonly run: RunSummary;
  readonly verb: Verb;
  readonly subject: ActSubject;
  /** True where nothing can bring it back: then the release's name is asked for. */
  readonly forGood: boolean;
  readonly onClose: () => void;
}

const WHAT: Readonly<Record<ActionPreview["steps"][number]["what"], string>> = {
  begins: "begins",
  "comes-to-its-outcome": "comes to its outcome",
  "is-aborted": "is aborted",
  "is-undone": "is taken back",
  "is-tried-again": "is tried again",
  "counts-as-done": "counts as done",
  waits: "waits",
};

/** Says what a verb will do, computed now, before it does it. */
export function ActDialog({ environment, run, verb, subject, forGood, onClose }: ActDialogProps): ReactNode {
  const [words, setWords] = useState("");
  const [name, setName] = useState("");
  // One key a dialog: a click that is sent twice counts once.
  const key = useRef(crypto.randomUUID());
  const cache = useQueryClient();
  const preview = useQuery(queries.preview(environment, run.run, verb.action, subject));
  const doing = useMutation({
    mutationFn: () =>
      act(
        { environment, run: run.run, planHash: run.planHash, action: verb.action, words, ...subject },
        key.current,
      ),
    onSuccess: () => {
      cache.invalidateQueries();
      onClose();
    },
  });
  const told = preview.data;
  const missing = (verb.asks !== "nothing" && words.trim() === "") || (forGood && name !== run.release);
  const stopped = told === undefined || told.refusal !== null || !told.permitted;
  return (
    <Dialog
      title={verb.title(run)}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button
            look={verb.look === "danger" ? "danger" : "primary"}
            icon={verb.icon}
            disabled={missing || stopped || doing.isPending}
            onClick={() => doing.mutate()}
          >
            {verb.words(run)}
          </Button>
        </>
      }
    >
      {told === undefined ? (
        preview.error === null ? (
          <PreviewSkeleton />
        ) : (
          <Failure error={preview.error} again={() => preview.refetch()} />
        )
      ) : (
        <Consequence preview={told} />
      )}
      {told?.refusal == null && told?.permitted !== false && (
        <>
          {verb.asks !== "nothing" && (
            <label className="field">
              <span className="field-label">
                {verb.asks === "reason" ? "Why" : "What shows that it is done"}
              </span>
              <textarea
                className="input"
                rows={2}
                value={words}
                onChange={(event) => setWords(event.target.value)}
              />
              <span className="field-hint">Journaled with your name, for whoever reads this later.</span>
            </label>
          )}
          {forGood && (
            <label className="field">
              <span className="field-label">
                Nothing brings this back. Type <span className="mono">{run.release}</span> to go on
              </span>
              <input
                className="input"
                autoComplete="off"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </label>
          )}
        </>
      )}
      {doing.error !== null && <Failure error={doing.error} />}
    </Dialog>
  );
}

function Consequence({ preview }: { readonly preview: ActionPreview }): ReactNode {
  if (preview.refusal !== null)
    return (
      <div className="problem-boxed">
        <ProblemLine problem={preview.refusal} />
      </div>
    );
  return (
    <>
      <ul className="does">
        {preview.does.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {(preview.seconds !== null || preview.steps.length > 0) && (
        <Facts>
          <Fact name="Takes">{previewSeconds(preview.seconds)}</Fact>
          <Fact name="Steps it is about">{preview.steps.length}</Fact>
        </Facts>
      )}
      {preview.steps.length > 0 && (
        <Scroll label="Steps it is about" className="act-steps">
          <ul>
            {preview.steps.map((step) => (
              <li key={`${step.step}${step.what}`}>
                <span className="mono">{step.step}</span>
                <span className="quiet">
                  {WHAT[step.what]}
                  {step.tenants > 0
                    ? ` for ${step.tenants} ${step.tenants === 1 ? "tenant" : "tenants"}`
                    : ""}
                </span>
              </li>
            ))}
          </ul>
        </Scroll>
      )}
      {!preview.permitted && (
        <p className="act-forbidden">
          You may look, and not do this: it needs the right to {preview.needs}. Ask an administrator of this
          environment.
        </p>
      )}
    </>
  );
}

function PreviewSkeleton(): ReactNode {
  return (
    <div className="stack" role="status" aria-label="Working out what it would do">
      <Skeleton width="80%" />
      <Skeleton width="60%" />
      <Skeleton height={40} />
    </div>
  );
}
