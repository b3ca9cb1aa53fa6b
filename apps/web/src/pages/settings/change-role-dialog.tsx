import { Role } from "@baton/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import type { PersonBody } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/empty.tsx";
import { ReasonField } from "./reason-dialog.tsx";

const WORDS: Readonly<Record<Role, string>> = {
  viewer: "may look at everything",
  operator: "may also open, pause, resume, stop and roll back runs",
  approver: "may also approve plans and holds, not those they opened",
  admin: "may all of it, and says who else may",
};

/** Gives a person roles or takes them away, with a reason. */
export function ChangeRoleDialog({
  environment,
  person,
  onClose,
}: {
  readonly environment: string;
  readonly person: PersonBody;
  readonly onClose: () => void;
}): ReactNode {
  const cache = useQueryClient();
  const [roles, setRoles] = useState<ReadonlySet<Role>>(new Set(person.roles));
  const [reason, setReason] = useState("");
  const given = Role.options.filter((role) => roles.has(role) && !person.roles.includes(role));
  const taken = Role.options.filter((role) => !roles.has(role) && person.roles.includes(role));
  const change = useMutation({
    mutationFn: async () => {
      const body = (role: Role) => ({
        params: { environment },
        body: { person: person.person, role, reason },
      });
      for (const role of given) await answered(client.grantRole(body(role)));
      for (const role of taken) await answered(client.revokeRole(body(role)));
    },
    onSuccess: onClose,
    onSettled: () => cache.invalidateQueries({ queryKey: [environment, "people"] }),
  });
  const toggle = (role: Role) =>
    setRoles((before) => {
      const next = new Set(before);
      if (!next.delete(role)) next.add(role);
      return next;
    });
  const words = [...given.map((role) => `gives ${role}`), ...taken.map((role) => `takes ${role} away`)].join(
    ", ",
  );
  return (
    <Dialog
      title={`Roles of ${person.name} in ${environment}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Leave them as they are</Button>
          <Button
            look="primary"
            disabled={words === "" || reason.trim() === "" || change.isPending}
            onClick={() => change.mutate()}
          >
            {words === "" ? "Nothing changes" : `This ${words}`}
          </Button>
        </>
      }
    >
      <fieldset className="choices">
        <legend className="visually-hidden">Roles</legend>
        {Role.options.map((role) => (
          <label key={role} className="choice">
            <input type="checkbox" checked={roles.has(role)} onChange={() => toggle(role)} />
            <span>
              <strong>{role}</strong> <span className="quiet">{WORDS[role]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <ReasonField value={reason} onChange={setReason} />
      {change.error !== null && <Failure error={change.error} />}
    </Dialog>
  );
}
