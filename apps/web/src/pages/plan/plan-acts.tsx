import { type Plan, type PlanIndex, renderCount, renderEstimate, secondsToHold } from "@baton/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import { useRights } from "../../frame/rights.ts";
import { Button } from "../../ui/button.tsx";
import { Callout } from "../../ui/callout.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/empty.tsx";
import { Fact, Facts } from "../../ui/panel.tsx";

/** What can be done with a plan that was read: open a run with it, or go to the run that already has it. */
export function PlanActs({
  environment,
  plan,
  index,
}: {
  readonly environment: string;
  readonly plan: Plan;
  readonly index: PlanIndex;
}): ReactNode {
  const [opening, setOpening] = useState(false);
  const releases = useQuery(queries.releases(environment));
  const rights = useRights(environment);
  const release = releases.data?.items.find((one) => one.release === plan.release);
  if (release?.state === "under-way" && release.run !== null)
    return (
      <Link
        className="link-button"
        data-look="primary"
        to="/e/$environment/run/$run"
        params={{ environment, run: release.run }}
      >
        Go to its run
      </Link>
    );
  const blocked = release?.blockers?.length ?? 0;
  const mayNot = rights !== undefined && !rights.has("operate");
  return (
    <>
      <Button
        look="primary"
        icon="run"
        disabled={release?.state !== "next" || blocked > 0 || mayNot}
        title={
          mayNot
            ? "It needs the role operator in this environment."
            : blocked > 0
              ? `${renderCount(blocked, "blocker")} must be cleared first; Releases says which.`
              : undefined
        }
        onClick={() => setOpening(true)}
      >
        {blocked > 0 ? `Blocked by ${blocked}` : "Open a run with this plan"}
      </Button>
      {opening && (
        <OpenDialog environment={environment} plan={plan} index={index} onClose={() => setOpening(false)} />
      )}
    </>
  );
}

function OpenDialog({
  environment,
  plan,
  index,
  onClose,
}: {
  readonly environment: string;
  readonly plan: Plan;
  readonly index: PlanIndex;
  readonly onClose: () => void;
}): ReactNode {
  const key = useRef(crypto.randomUUID());
  const cache = useQueryClient();
  const navigate = useNavigate();
  const surroundings = useQuery(queries.environments());
  const separated =
    surroundings.data?.items.find((one) => one.environment === environment)?.separationOfDuties ?? true;
  const opening = useMutation({
    mutationFn: () =>
      answered(
        client.openRun(
          { params: { environment, release: plan.release }, body: { planHash: plan.hash } },
          { idempotencyKey: key.current },
        ),
      ),
    onSuccess: ({ run }) => {
      void cache.invalidateQueries();
      void navigate({ to: "/e/$environment/run/$run", params: { environment, run: run.run } });
    },
  });
  const noReturn = plan.estimates.pointOfNoReturn;
  return (
    <Dialog
      title={`Open a run of ${plan.release}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" icon="run" disabled={opening.isPending} onClick={() => opening.mutate()}>
            {`Open it with plan ${plan.hash.slice(0, 8)}`}
          </Button>
        </>
      }
    >
      <ul className="does">
        <li>Takes the locks of what this plan changes; no other run may change it meanwhile.</li>
        <li>
          Nothing begins yet:{" "}
          {separated ? "somebody else than you approves the plan first." : "the plan is approved first."}
        </li>
      </ul>
      <Facts>
        <Fact name="Steps">{plan.steps.length}</Fact>
        <Fact name="Tenants">{plan.tenants.length}</Fact>
        <Fact name="To the hold">{renderEstimate(secondsToHold(index))}</Fact>
      </Facts>
      {noReturn !== null && (
        <Callout>
          This plan has a point of no return: <span className="mono">{noReturn}</span>. It stands behind the
          hold and an approval of its own; until then everything can be taken back.
        </Callout>
      )}
      {opening.error !== null && <Failure error={opening.error} />}
    </Dialog>
  );
}
