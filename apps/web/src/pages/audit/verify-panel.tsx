import { isIntact, type Mark, type Problem, renderCount, renderNumber, type Verification } from "@baton/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Failure, ProblemLine } from "../../ui/empty.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { Moment } from "../../ui/time.tsx";
import { useVerification, type VerificationState } from "./verify/use-verification.ts";

/** Two checks of the same journal: one by this browser, which trusts the server with nothing but the bytes, and one by the server. */
export function VerifyPanel({ environment }: { readonly environment: string }): ReactNode {
  const { state, start } = useVerification();
  const key = useQuery(queries.auditKey(environment));
  const anchor = useQuery(queries.anchor(environment));
  const ready = key.data !== undefined && anchor.data !== undefined;
  return (
    <Panel
      title="Verify the chain"
      aside={
        <Button
          look="primary"
          size="small"
          icon="audit"
          disabled={!ready || state.kind === "running"}
          onClick={() =>
            start({
              url: client.urlOf("exportJournal", { params: { environment } }),
              keys: key.data === undefined ? [] : [key.data.publicKey],
              anchor: anchor.data?.lines ?? null,
            })
          }
        >
          Verify in this browser
        </Button>
      }
    >
      <div className="verify">
        <div className="verify-side">
          <h3>In this browser</h3>
          <BrowserResult state={state} />
          {key.data !== undefined && (
            <p className="quiet verify-key">
              Key <span className="mono">{key.data.key.slice(0, 16)}</span>. Compare it with what{" "}
              <code>baton audit key</code> prints on the machine: a key that came from here vouches for
              nothing by itself.
            </p>
          )}
          {key.error !== null && <Failure error={key.error} again={() => key.refetch()} />}
        </div>
        <div className="verify-side">
          <h3>On the server</h3>
          <ServerResult environment={environment} />
        </div>
      </div>
    </Panel>
  );
}

function BrowserResult({ state }: { readonly state: VerificationState }): ReactNode {
  switch (state.kind) {
    case "idle":
      return (
        <p className="quiet">
          Reads every event, recomputes every hash, checks every signature and compares the copy that is kept
          outside. Nothing leaves this page.
        </p>
      );
    case "running":
      return (
        <p role="status">
          <StateMark mark="running" /> {renderNumber(state.events)} events so far…
        </p>
      );
    case "failed":
      return (
        <div className="problem-boxed" role="alert">
          {state.problems.map((problem) => (
            <ProblemLine key={problem.message} problem={problem} />
          ))}
        </div>
      );
    case "done":
      return <Result verification={state.verification} intact={isIntact(state.verification)} at={state.at} />;
  }
}

function ServerResult({ environment }: { readonly environment: string }): ReactNode {
  const cache = useQueryClient();
  const told = useQuery(queries.verification(environment));
  const starting = useMutation({
    mutationFn: () => answered(client.startVerification({ params: { environment }, body: {} })),
    onSuccess: (data) => cache.setQueryData(queries.verification(environment).queryKey, data),
  });
  if (told.error !== null) return <Failure error={told.error} again={() => told.refetch()} />;
  const { data } = told;
  const again = (
    <Button
      size="small"
      disabled={data?.state === "running" || starting.isPending}
      onClick={() => starting.mutate()}
    >
      Verify on the server
    </Button>
  );
  return (
    <div className="stack" style={{ gap: 8, justifyItems: "start" }}>
      {data === undefined || data.state === "never" ? (
        <p className="quiet">
          Nobody asked since the server started. It also compares snapshots and plans with the events.
        </p>
      ) : data.state === "running" ? (
        <p role="status">
          <StateMark mark="running" /> {renderNumber(data.position)} of {renderNumber(data.of)} positions…
        </p>
      ) : data.problem !== null ? (
        <div className="problem-boxed">
          <ProblemLine problem={data.problem} />
        </div>
      ) : data.result !== null ? (
        <Result verification={data.result} intact={data.result.intact} at={data.endedAt} />
      ) : null}
      {again}
    </div>
  );
}

const VERDICTS = {
  true: { mark: "done", words: "All of it is as it was signed." },
  false: { mark: "failed", words: "It is not as it was written." },
  null: { mark: "unknown", words: "Nobody can say." },
} as const satisfies Record<string, { mark: Mark; words: string }>;

function Result({
  verification,
  intact,
  at,
}: {
  readonly verification: Omit<Verification, "records" | "unsignedSince">;
  readonly intact: boolean | null;
  readonly at: number | null;
}): ReactNode {
  const { mark, words } = VERDICTS[`${intact}`];
  const told: readonly Problem[] = [...verification.problems, ...verification.unknown];
  return (
    <div className="stack" style={{ gap: 8 }} role="status">
      <p className="verify-verdict" data-mark={mark}>
        <StateMark mark={mark} label={words} /> <strong>{words}</strong>
      </p>
      <p className="quiet">
        {renderCount(verification.events, "event")} in {renderCount(verification.streams, "stream")},{" "}
        {renderCount(verification.statements, "statement")}, signed up to position{" "}
        {renderNumber(verification.signedTo)}, at <Moment at={at} />.
      </p>
      {told.length > 0 && (
        <Scroll label="Findings" className="problem-boxed verify-findings">
          {told.slice(0, 20).map((problem) => (
            <ProblemLine key={`${problem.code}${problem.message}`} problem={problem} />
          ))}
        </Scroll>
      )}
      {verification.found > 20 && (
        <p className="quiet">{renderNumber(verification.found)} findings in all.</p>
      )}
    </div>
  );
}
