import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { InvitationBody, PersonBody } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Tag } from "../../ui/tag.tsx";
import { Moment } from "../../ui/time.tsx";
import { ChangeRoleDialog } from "./change-role-dialog.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";

/** Who was let in, with which roles; invitations; each change with a reason that is journaled. */
export function PeopleTab({ environment }: { readonly environment: string }): ReactNode {
  const people = useQuery(queries.people(environment));
  const invitations = useQuery(queries.invitations(environment));
  const [inviting, setInviting] = useState(false);
  const error = people.error ?? invitations.error;
  if (error !== null) return <Failure error={error} again={() => people.refetch()} />;
  return (
    <>
      <Panel
        flush
        title="People"
        aside={
          <Button size="small" icon="person" onClick={() => setInviting(true)}>
            Invite somebody
          </Button>
        }
      >
        {people.data === undefined ? (
          <Skeleton height={160} />
        ) : people.data.items.length === 0 ? (
          <Empty title="Nobody has been let in yet">Invite the first person; the code works once.</Empty>
        ) : (
          <People environment={environment} people={people.data.items} />
        )}
      </Panel>
      <Panel flush title="Invitations">
        {invitations.data === undefined ? (
          <Skeleton height={80} />
        ) : invitations.data.items.length === 0 ? (
          <Empty title="No invitation was written">
            An invitation is a code that stands for a role, once.
          </Empty>
        ) : (
          <Invitations environment={environment} invitations={invitations.data.items} />
        )}
      </Panel>
      {inviting && <InviteDialog environment={environment} onClose={() => setInviting(false)} />}
    </>
  );
}

function People({
  environment,
  people,
}: {
  readonly environment: string;
  readonly people: readonly PersonBody[];
}): ReactNode {
  const [changing, setChanging] = useState<PersonBody | null>(null);
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Known as</th>
            <th>Roles</th>
            <th>
              <span className="visually-hidden">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.person}>
              <td className="name-cell name">{person.name}</td>
              <td data-name="Known as" className="mono quiet settings-id">
                {person.person}
              </td>
              <td data-name="Roles">
                <span className="row settings-roles">
                  {person.roles.length === 0 ? (
                    <span className="quiet">none any more</span>
                  ) : (
                    person.roles.map((role) => <Tag key={role}>{role}</Tag>)
                  )}
                </span>
              </td>
              <td className="act">
                <Button
                  size="small"
                  aria-label={`Change roles of ${person.name}`}
                  onClick={() => setChanging(person)}
                >
                  Change
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {changing !== null && (
        <ChangeRoleDialog environment={environment} person={changing} onClose={() => setChanging(null)} />
      )}
    </>
  );
}

function Invitations({
  environment,
  invitations,
}: {
  readonly environment: string;
  readonly invitations: readonly InvitationBody[];
}): ReactNode {
  const cache = useQueryClient();
  const [revoking, setRevoking] = useState<InvitationBody | null>(null);
  const revoke = useMutation({
    mutationFn: ({ invitation, reason }: { readonly invitation: string; readonly reason: string }) =>
      answered(client.revokeInvitation({ params: { environment, invitation }, body: { reason } })),
    onSuccess: () => {
      setRevoking(null);
      void cache.invalidateQueries({ queryKey: [environment, "invitations"] });
    },
  });
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th>For</th>
            <th>Role</th>
            <th>Stands</th>
            <th>Ends</th>
            <th>By</th>
            <th>
              <span className="visually-hidden">Take back</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {invitations.map((one) => (
            <tr key={one.invitation}>
              <td className="name-cell name">{one.name}</td>
              <td data-name="Role">{one.role}</td>
              <td data-name="Stands">
                <Tag>{one.status}</Tag>
              </td>
              <td data-name="Ends">
                <Moment at={one.expiresAt} />
              </td>
              <td data-name="By">{one.by.name}</td>
              <td className="act">
                {one.status === "open" && (
                  <Button size="small" onClick={() => setRevoking(one)}>
                    Take back
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {revoking !== null && (
        <ReasonDialog
          title={`Take back the invitation for ${revoking.name}`}
          does="Its code stops working at once."
          confirm="Take it back"
          error={revoke.error}
          busy={revoke.isPending}
          onConfirm={(reason) => revoke.mutate({ invitation: revoking.invitation, reason })}
          onClose={() => setRevoking(null)}
        />
      )}
    </>
  );
}
