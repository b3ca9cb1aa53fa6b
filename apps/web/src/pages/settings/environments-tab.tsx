import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queries } from "../../api/queries.ts";
import { rolesOf } from "../../frame/rights.ts";
import { Failure, Skeleton } from "../../ui/empty.tsx";
import { Fact, Facts, Panel } from "../../ui/panel.tsx";

/** The environments this server conducts, and what whoever looks may do in each. */
export function EnvironmentsTab(_: { readonly environment: string }): ReactNode {
  const environments = useQuery(queries.environments());
  const me = useQuery(queries.me());
  if (environments.error !== null)
    return <Failure error={environments.error} again={() => environments.refetch()} />;
  if (environments.data === undefined) return <Skeleton height={160} />;
  return environments.data.items.map((one) => {
    const rights = new Set(
      me.data?.environments.find((mine) => mine.environment === one.environment)?.rights ?? [],
    );
    return (
      <Panel key={one.environment} title={one.environment}>
        <Facts>
          <Fact name="Platform" note={one.platform}>
            {one.title}
          </Fact>
          <Fact
            name="Separation of duties"
            note={
              one.separationOfDuties
                ? "whoever opened a run does not approve it"
                : "whoever opened a run may approve it"
            }
          >
            {one.separationOfDuties ? "on" : "off"}
          </Fact>
          <Fact name="Your roles here" note={[...rights].join(", ") || undefined}>
            {rolesOf(rights).join(", ") || "none"}
          </Fact>
        </Facts>
      </Panel>
    );
  });
}
