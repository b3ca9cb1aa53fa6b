import type { Actor } from "../model/event.ts";
import type { Problem } from "../problem.ts";
import type { AccessState } from "./state.ts";

/**
 * Why somebody's word for a plan does not count because they are its author: `BATON-APPROVAL-AUTHOR`; null where they are another
 * person. A service token is its maker's hand. Of an author from before there was sign-in only the name is known; then
 * the same name is taken for the same person. `BATON-APPROVAL-PERSON`: only a person approves.
 */
export function separationRefusal(state: AccessState, author: Actor, approver: Actor): Problem | null {
  if (approver.kind !== "person") return notAPerson(approver);
  if (!samePerson(state, author, approver)) return null;
  return {
    code: "BATON-APPROVAL-AUTHOR",
    message: `${approver.name} opened this run and cannot approve it: separation of duties is on.`,
    remedy: "Ask another person with the role approver, or let another person open the run.",
    details: { author: author.id ?? author.name, approver: approver.id ?? approver.name },
  };
}

const notAPerson = (approver: Actor): Problem => ({
  code: "BATON-APPROVAL-PERSON",
  message: `${approver.name} (${approver.via}) is no person, and an approval is a person's word.`,
  remedy: "Let a person with the role approver sign in and approve.",
  details: { approver: approver.id ?? approver.name },
});

function samePerson(state: AccessState, one: Actor, other: Actor): boolean {
  const [left, right] = [personBehind(state, one), personBehind(state, other)];
  if (left.id !== undefined && right.id !== undefined) return left.id === right.id;
  return left.name !== undefined && spelled(left.name) === spelled(right.name);
}

/** Who answers for what an actor does. Nobody does for Baton itself. */
function personBehind(state: AccessState, actor: Actor): Partial<Pick<Actor, "id" | "name">> {
  if (actor.kind === "person") return actor;
  const token = actor.kind === "token" && actor.id !== undefined ? state.tokens.get(actor.id) : undefined;
  if (token === undefined) return {};
  return token.maker === null ? token.by : (state.people.get(token.maker) ?? { id: token.maker });
}

const spelled = (name: string | undefined): string | undefined =>
  name?.normalize("NFKC").trim().toLowerCase();
