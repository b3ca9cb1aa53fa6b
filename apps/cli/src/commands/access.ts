import type { Result, Role } from "@baton/core";
import type { Where } from "@baton/session";
import type { AccessDesk } from "../access/desk.ts";
import { type DeskOptions, withDesk } from "../access/with-desk.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderMoment } from "../render/moment.ts";
import { renderTable } from "../render/table.ts";

/** `baton access list`: who may do what, and who was invited. */
export const accessList = (where: Where, output: Output, options: DeskOptions): Promise<ExitCode> =>
  withDesk(where, output, options, async (desk) => {
    const [people, invitations] = [await desk.people(), await desk.invitations()];
    if (!people.ok) return output.problems(people.problems);
    if (!invitations.ok) return output.problems(invitations.problems);
    const open = invitations.value.filter(({ status }) => status === "open");
    const roles = people.value.map(({ name, roles, person }) => [
      name,
      roles.join(", ") || "no role",
      person,
    ]);
    const invited = open.map(({ name, role, invitation, expiresAt }) => [
      `${name}, invited`,
      role,
      `${invitation}, until ${renderMoment(expiresAt)}`,
    ]);
    output.lines(
      ...(roles.length + invited.length === 0
        ? [`Nobody was let in to ${desk.environment} yet. Invite somebody with \`npx baton access invite\`.`]
        : renderTable([...roles, ...invited], [{}, {}, { flexible: true }], output.width)),
    );
    output.result({ environment: desk.environment, people: people.value, invitations: invitations.value });
    return ExitCode.done;
  });

/** `baton access invite NAME`: a one-time code for somebody else, shown once. */
export const accessInvite = (
  where: Where,
  output: Output,
  options: DeskOptions & {
    readonly name: string;
    readonly role: Role;
    readonly expires: number;
    readonly reason: string;
  },
): Promise<ExitCode> =>
  withDesk(where, output, options, async (desk) => {
    const { name, role, expires: lastsMs, reason } = options;
    const made = await desk.invite({ name, role, lastsMs, reason });
    if (!made.ok) return output.problems(made.problems);
    const { code, expiresAt } = made.value;
    output.lines(
      `✓ ${name} is invited to ${desk.environment} as ${role} until ${renderMoment(expiresAt)}.`,
      "The code is shown this once. Who signs in with it has the role:",
      "",
      `    ${code}`,
      "",
    );
    output.result({ environment: desk.environment, ...made.value });
    return ExitCode.done;
  });

/** What changes one person's roles, or takes an invitation back. */
export type AccessChange =
  | { readonly change: "grant" | "revoke"; readonly person: string; readonly role: Role }
  | { readonly change: "uninvite"; readonly invitation: string };

/** `baton access grant`, `revoke`, `uninvite`. */
export const accessChange = (
  where: Where,
  output: Output,
  options: DeskOptions & AccessChange & { readonly reason: string },
): Promise<ExitCode> =>
  withDesk(where, output, options, async (desk) => {
    const changed = await change(desk, options);
    if (!changed.ok) return output.problems(changed.problems);
    output.lines(`✓ ${said(options)} in ${desk.environment}.`);
    output.result({ environment: desk.environment, done: true });
    return ExitCode.done;
  });

function change(
  desk: AccessDesk,
  options: AccessChange & { readonly reason: string },
): Promise<Result<unknown>> {
  const { reason } = options;
  if (options.change === "uninvite") return desk.revokeInvitation({ invitation: options.invitation, reason });
  const { person, role } = options;
  return options.change === "grant"
    ? desk.grant({ person, role, reason })
    : desk.revoke({ person, role, reason });
}

function said(options: AccessChange): string {
  if (options.change === "uninvite") return `${options.invitation} opens nothing any more`;
  return `${options.person} is ${options.change === "grant" ? options.role : `no ${options.role} any more`}`;
}
