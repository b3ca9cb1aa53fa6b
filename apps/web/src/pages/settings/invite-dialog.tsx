import { Role } from "@baton/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/empty.tsx";
import { Moment } from "../../ui/time.tsx";
import { ReasonField } from "./reason-dialog.tsx";
import { ShownOnce } from "./shown-once.tsx";

const DAY_MS = 86_400_000;

/** Writes an invitation; its code is shown this once. */
export function InviteDialog({
  environment,
  onClose,
}: {
  readonly environment: string;
  readonly onClose: () => void;
}): ReactNode {
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [reason, setReason] = useState("");
  const invite = useMutation({
    mutationFn: () =>
      answered(client.invite({ params: { environment }, body: { name, role, lastsMs: DAY_MS, reason } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: [environment, "invitations"] }),
  });
  if (invite.data !== undefined)
    return (
      <Dialog
        title={`Invitation for ${name}`}
        onClose={onClose}
        foot={<Button onClick={onClose}>I have passed it on</Button>}
      >
        <ShownOnce label="Code" secret={invite.data.code} />
        <p>
          It gives {name} the role {role}, once, until <Moment at={invite.data.expiresAt} full />.
        </p>
      </Dialog>
    );
  return (
    <Dialog
      title={`Invite somebody to ${environment}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button
            look="primary"
            disabled={name.trim() === "" || reason.trim() === "" || invite.isPending}
            onClick={() => invite.mutate()}
          >
            {`Invite as ${role}, for a day`}
          </Button>
        </>
      }
    >
      <label className="field">
        <span className="field-label">Who</span>
        <input
          className="input"
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span className="field-label">Role</span>
        <select className="select" value={role} onChange={(event) => setRole(Role.parse(event.target.value))}>
          {Role.options.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <ReasonField value={reason} onChange={setReason} />
      {invite.error !== null && <Failure error={invite.error} />}
    </Dialog>
  );
}
