import { renderMilliseconds } from "@baton/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import { problemsOf } from "../../api/problems.ts";
import { queries } from "../../api/queries.ts";
import { useRights } from "../../frame/rights.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Moment } from "../../ui/time.tsx";

/** What Baton works with outside of itself, each with a test that changes nothing there. */
export function IntegrationsTab({ environment }: { readonly environment: string }): ReactNode {
  const listed = useQuery(queries.integrations(environment));
  const mayTest = useRights(environment)?.has("operate") ?? false;
  if (listed.error !== null) return <Failure error={listed.error} again={() => listed.refetch()} />;
  if (listed.data === undefined) return <Skeleton height={240} />;
  if (listed.data.items.length === 0)
    return (
      <section className="panel">
        <Empty title="Nothing is integrated">platform.yaml names what Baton works with.</Empty>
      </section>
    );
  return (
    <Panel title="What Baton works with" flush>
      <ul className="integrations">
        {listed.data.items.map((one) => (
          <li key={one.integration}>
            <div className="integration-words">
              <strong>{one.title}</strong>
              <span className="quiet">{one.purpose}</span>
              {one.address !== null && <span className="mono quiet">{one.address}</span>}
            </div>
            <TestButton environment={environment} integration={one.integration} may={mayTest} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function TestButton({
  environment,
  integration,
  may,
}: {
  readonly environment: string;
  readonly integration: string;
  readonly may: boolean;
}): ReactNode {
  const test = useMutation({
    mutationFn: () => answered(client.testIntegration({ params: { environment, integration }, body: {} })),
  });
  const failure = test.data?.problem ?? (test.error === null ? null : (problemsOf(test.error)[0] ?? null));
  return (
    <div className="integration-test">
      <span role="status" className="row">
        {test.data?.works && (
          <>
            <StateMark mark="done" label="works" /> {test.data.said}{" "}
            <span className="quiet">
              {renderMilliseconds(test.data.milliseconds)}, <Moment at={test.data.at} />
            </span>
          </>
        )}
        {failure !== null && (
          <>
            <StateMark mark="failed" /> {failure.message} {failure.remedy}
          </>
        )}
      </span>
      <Button
        size="small"
        disabled={!may || test.isPending}
        title={may ? undefined : "It needs the role operator in this environment."}
        onClick={() => test.mutate()}
      >
        {test.isPending ? "Testing…" : "Test it"}
      </Button>
    </div>
  );
}
