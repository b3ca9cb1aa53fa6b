import type { TokenScope } from "@baton/core";
import type { Where } from "@baton/session";
import { type DeskOptions, withDesk } from "../access/with-desk.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderMoment } from "../render/moment.ts";
import { renderTable } from "../render/table.ts";

/** `baton token create NAME`: a service token, shown once. */
export const tokenCreate = (
  where: Where,
  output: Output,
  options: DeskOptions & {
    readonly name: string;
    readonly scope: readonly TokenScope[];
    readonly expires: number;
    readonly reason: string;
  },
): Promise<ExitCode> =>
  withDesk(where, output, options, async (desk) => {
    const { name, scope, expires: lastsMs, reason } = options;
    const made = await desk.createToken({ name, scopes: [...scope], lastsMs, reason });
    if (!made.ok) return output.problems(made.problems);
    const { id, token, expiresAt } = made.value;
    output.lines(
      `✓ ${id} (${name}) may ${scope.join(" and ")} in ${desk.environment} until ${renderMoment(expiresAt)}.`,
      "The token is shown this once; kept is its hash. Programs send it as `Authorization: Bearer`, the CLI takes it from BATON_TOKEN:",
      "",
      token,
      "",
    );
    output.result({ environment: desk.environment, ...made.value });
    return ExitCode.done;
  });

/** `baton token list`: which there are, without the tokens. */
export const tokenList = (where: Where, output: Output, options: DeskOptions): Promise<ExitCode> =>
  withDesk(where, output, options, async (desk) => {
    const tokens = await desk.tokens();
    if (!tokens.ok) return output.problems(tokens.problems);
    const rows = tokens.value.map(({ token, name, scopes, status, expiresAt, by }) => [
      ...[token, scopes.join(", "), status, renderMoment(expiresAt)],
      `${name}, made by ${by.name} (${by.via})`,
    ]);
    output.lines(
      ...(rows.length === 0
        ? [`No token in ${desk.environment} yet. Make one with \`npx baton token create\`.`]
        : renderTable(rows, [{}, {}, {}, {}, { flexible: true }], output.width)),
    );
    output.result({ environment: desk.environment, tokens: tokens.value });
    return ExitCode.done;
  });

/** `baton token revoke ID`: ends a token for good. */
export const tokenRevoke = (
  where: Where,
  output: Output,
  options: DeskOptions & { readonly token: string; readonly reason: string },
): Promise<ExitCode> =>
  withDesk(where, output, options, async (desk) => {
    const { token, reason } = options;
    const revoked = await desk.revokeToken({ token, reason });
    if (!revoked.ok) return output.problems(revoked.problems);
    output.lines(`✓ ${token} is revoked in ${desk.environment}.`);
    output.result({ environment: desk.environment, token, revoked: true });
    return ExitCode.done;
  });
