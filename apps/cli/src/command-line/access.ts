import { Role, TokenScope } from "@baton/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { DeskOptions } from "../access/with-desk.ts";
import type { CommandLine, Common } from "./command-line.ts";
import { span, words } from "./values.ts";

type AtDesk = Common & DeskOptions & { readonly reason: string };

/** Signing in to a server, and who may do what. */
export function addAccessCommands({ program, command, act }: CommandLine): void {
  command("login <url>", "sign this command line in to a server, by a browser").action(
    (url: string, o: Common) =>
      act(o, async (_, out) => (await import("../commands/login.ts")).login(out, url)),
  );
  command("logout [url]", "end the sign-in at a server; without a name, at all of them").action(
    (url: string | undefined, o: Common) =>
      act(o, async (_, out) => (await import("../commands/logout.ts")).logout(out, url)),
  );
  addRoles({ program, command, act });
  addTokens({ program, command, act });
}

type Parts = Pick<CommandLine, "program" | "command" | "act">;

function addRoles({ program, command, act }: Parts): void {
  const access = program.command("access").description("who may do what").exitOverride();
  const role = () => new Option("--role <role>", "what they are").choices(Role.options).makeOptionMandatory();
  atDesk(command("list", "people with their roles, and open invitations", access)).action((o: AtDesk) =>
    act(o, async (at, out) => (await import("../commands/access.ts")).accessList(at, out, o)),
  );
  atDesk(command("invite <name>", "a one-time code that gives a role to whoever signs in with it", access))
    .addOption(role())
    .option("--expires <span>", "how long the code works: 30m, 12h, 7d", span, span("1d"))
    .action((name: string, o: AtDesk & { role: Role; expires: number }) =>
      act(o, async (at, out) =>
        (await import("../commands/access.ts")).accessInvite(at, out, { ...o, name }),
      ),
    );
  atDesk(command("uninvite <invitation>", "take an open invitation back", access)).action(
    (invitation: string, o: AtDesk) =>
      act(o, async (at, out) =>
        (await import("../commands/access.ts")).accessChange(at, out, {
          ...o,
          change: "uninvite",
          invitation,
        }),
      ),
  );
  for (const [change, summary] of [
    ["grant", "give a person a further role"],
    ["revoke", "take a role from a person"],
  ] as const)
    atDesk(command(`${change} <person>`, `${summary}; PERSON as \`baton access list\` shows it`, access))
      .addOption(role())
      .action((person: string, o: AtDesk & { role: Role }) =>
        act(o, async (at, out) =>
          (await import("../commands/access.ts")).accessChange(at, out, { ...o, change, person }),
        ),
      );
}

function addTokens({ program, command, act }: Parts): void {
  const token = program.command("token").description("service tokens, for programs").exitOverride();
  atDesk(command("create <name>", "make one; it is shown once", token))
    .requiredOption("--scope <scope>", "what it may: view, operate; may be given again", scopes)
    .option("--expires <span>", "how long it works: 12h, 30d, at most 366d", span, span("30d"))
    .action((name: string, o: AtDesk & { scope: readonly TokenScope[]; expires: number }) =>
      act(o, async (at, out) => (await import("../commands/token.ts")).tokenCreate(at, out, { ...o, name })),
    );
  atDesk(command("list", "which there are, without the tokens", token)).action((o: AtDesk) =>
    act(o, async (at, out) => (await import("../commands/token.ts")).tokenList(at, out, o)),
  );
  atDesk(command("revoke <id>", "end one for good", token)).action((id: string, o: AtDesk) =>
    act(o, async (at, out) =>
      (await import("../commands/token.ts")).tokenRevoke(at, out, { ...o, token: id }),
    ),
  );
}

const atDesk = (command: Command): Command =>
  command
    .option("--server <url>", "at this server, where you signed in; without, in the journal on this machine")
    .option("--environment <name>", "with --server: the environment, where it has several")
    .option("--reason <text>", "why, for the journal", words, "asked for on the command line");

function scopes(text: string, before: readonly TokenScope[] = []): readonly TokenScope[] {
  const scope = TokenScope.safeParse(text);
  if (scope.success) return [...before, scope.data];
  throw new InvalidArgumentError(`It is one of ${TokenScope.options.join(", ")}.`);
}
