import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AccessEvent,
  type AccessState,
  type Actor,
  actorOf,
  admins,
  applyAccess,
  can,
  forbidden,
  LONGEST_TOKEN_MS,
  nobody,
  openInvitation,
  type Principal,
  RIGHTS_OF,
  Right,
  Role,
  revokeRefusal,
  rightsOf,
  separationRefusal,
  TokenScope,
  tokenByHash,
  tokenRefusals,
} from "../index.ts";

const PEOPLE = ["a|ann", "a|bob", "b|ann"];
const TOKENS = ["t1", "t2"];
const INVITATIONS = ["i1", "i2"];
const END = 1_000;
const by: Actor = { kind: "person", name: "Ann", via: "a", id: "a|ann" };
const said = { by, reason: "" };
const hashOf = (text: string) => Buffer.from(text).toString("hex").padEnd(64, "0");

const role = fc.constantFrom(...Role.options);
const person = fc.constantFrom(...PEOPLE);
const invitation = fc.constantFrom(...INVITATIONS);
const moment = fc.integer({ min: 0, max: END });

const grant = (id: string, given: Role, used: string | null = null): AccessEvent => ({
  type: "access.granted",
  person: id,
  name: id,
  role: given,
  invitation: used,
  ...said,
});
const tokenMade = (
  token: string,
  scopes: readonly TokenScope[],
  expiresAt: number,
  maker: string | null,
): AccessEvent => ({
  ...{ type: "access.token-created", token, name: token, hash: hashOf(token), expiresAt, maker },
  ...{ scopes: [...scopes], ...said },
});

const event: fc.Arbitrary<AccessEvent> = fc.oneof(
  fc.tuple(person, role, fc.option(invitation)).map(([id, given, used]) => grant(id, given, used)),
  fc.record({
    type: fc.constant("access.revoked" as const),
    person,
    role,
    by: fc.constant(by),
    reason: fc.string(),
  }),
  fc.tuple(invitation, role, moment).map(
    ([id, given, expiresAt]): AccessEvent => ({
      ...{ type: "access.invited", invitation: id, codeHash: hashOf(id), name: id, role: given, expiresAt },
      ...said,
    }),
  ),
  invitation.map((id): AccessEvent => ({ type: "access.invitation-revoked", invitation: id, ...said })),
  fc
    .tuple(
      fc.constantFrom(...TOKENS),
      fc.uniqueArray(fc.constantFrom(...TokenScope.options), { minLength: 1 }),
      moment,
      fc.option(person),
    )
    .map(([id, scopes, expiresAt, maker]) => tokenMade(id, scopes, expiresAt, maker)),
  fc.constantFrom(...TOKENS).map((token): AccessEvent => ({ type: "access.token-revoked", token, ...said })),
);
const history = fc.array(event, { maxLength: 30 });

const fold = (events: readonly AccessEvent[], from: AccessState = nobody): AccessState =>
  events.reduce((state, one, at) => applyAccess(state, one, at), from);
const signedIn = (id: string): Principal => ({ kind: "person", id, name: id, via: "a", scopes: null });
const withToken = (id: string): Principal => ({ kind: "token", id, name: id, via: "token", scopes: null });
/** The rights that are in the first and not in the second. */
const beyond = (rights: Iterable<Right> = [], bound: Iterable<Right> = []) =>
  [...rights].filter((right) => ![...bound].includes(right));
const everybody = [...PEOPLE.map(signedIn), ...TOKENS.map(withToken)];

describe("laws of who may do what, over any history", () => {
  test("nobody may anything that was not given to them", () => {
    fc.assert(
      fc.property(history, moment, fc.constantFrom(...Right.options), (events, now, right) => {
        const strangers = [signedIn("c|carl"), withToken("t9"), { ...withToken("a|ann") }, signedIn("t1")];
        for (const stranger of strangers) expect(can(fold(events), stranger, right, now)).toBe(false);
      }),
    );
  });

  test("a role given takes no right away, and a role taken gives none", () => {
    fc.assert(
      fc.property(history, person, role, moment, (events, id, one, now) => {
        const state = fold(events);
        const more = fold([grant(id, one)], state);
        const less = fold([{ type: "access.revoked", person: id, role: one, ...said }], state);
        for (const somebody of everybody) {
          const [before, after, without] = [state, more, less].map((s) => rightsOf(s, somebody, now));
          expect(beyond(before, after)).toEqual([]);
          expect(beyond(without, before)).toEqual([]);
        }
        expect(RIGHTS_OF[one].every((right) => can(more, signedIn(id), right, now))).toBe(true);
      }),
    );
  });

  test("a token can no more than its first scopes and its maker now, never approves, and ends for good", () => {
    fc.assert(
      fc.property(history, moment, (events, now) => {
        const state = fold(events);
        for (const id of TOKENS) {
          const rights = rightsOf(state, withToken(id), now);
          const made = events.find((one) => one.type === "access.token-created" && one.token === id);
          if (made?.type !== "access.token-created") {
            expect(rights.size).toBe(0);
            continue;
          }
          expect(beyond(rights, new Set(made.scopes))).toEqual([]);
          expect(rights.has("approve") || rights.has("administer")).toBe(false);
          if (made.maker !== null)
            expect(beyond(rights, rightsOf(state, signedIn(made.maker), now))).toEqual([]);
          const after = events.slice(events.indexOf(made));
          const revoked = after.some((one) => one.type === "access.token-revoked" && one.token === id);
          if (revoked || now >= made.expiresAt) {
            expect(rights.size).toBe(0);
            expect(tokenByHash(state, hashOf(id), now)).toBeNull();
          }
        }
      }),
    );
  });

  test("a sign-in that is narrowed down can no more than it was narrowed to", () => {
    fc.assert(
      fc.property(history, person, fc.subarray([...Right.options]), moment, (events, id, scopes, now) => {
        const rights = rightsOf(fold(events), { ...signedIn(id), scopes }, now);
        expect(beyond(rights, new Set(scopes))).toEqual([]);
        expect(beyond(rights, rightsOf(fold(events), signedIn(id), now))).toEqual([]);
      }),
    );
  });

  test("an invitation opens once, and not after its end", () => {
    fc.assert(
      fc.property(history, invitation, moment, (events, id, now) => {
        const state = fold(events);
        const found = openInvitation(state, hashOf(id), now);
        const invited = events.findIndex((one) => one.type === "access.invited" && one.invitation === id);
        const over = events
          .slice(invited)
          .some(
            (one) =>
              (one.type === "access.granted" || one.type === "access.invitation-revoked") &&
              one.invitation === id,
          );
        if (invited === -1 || over) expect(found).toBeNull();
        if (found !== null) expect(now).toBeLessThan(found.expiresAt);
      }),
    );
  });

  test("once there was an administrator there always is one, where what is refused is not done", () => {
    fc.assert(
      fc.property(history, person, (events, first) => {
        const state = events.reduce(
          (before, one, at) =>
            one.type === "access.revoked" && revokeRefusal(before, one.person, one.role) !== null
              ? before
              : applyAccess(before, one, at),
          fold([grant(first, "admin")]),
        );
        expect(admins(state).length).toBeGreaterThan(0);
      }),
    );
  });

  test("a history told in two parts is the same history", () => {
    fc.assert(
      fc.property(history, history, (one, two) => {
        const at = (events: readonly AccessEvent[], from: AccessState) =>
          events.reduce((state, event) => applyAccess(state, event, 7), from);
        expect(at(two, at(one, nobody))).toEqual(at([...one, ...two], nobody));
      }),
    );
  });
});

describe("separation of duties", () => {
  test("nobody approves what they opened, whatever they are called and whatever they opened it with", () => {
    fc.assert(
      fc.property(history, person, fc.string(), fc.string(), (events, id, then, now) => {
        const state = fold([...events, tokenMade("t3", ["operate"], END, id)]);
        const approver: Actor = { kind: "person", id, name: now, via: "a" };
        const asPerson: Actor = { kind: "person", id, name: then, via: "elsewhere" };
        for (const author of [asPerson, actorOf(withToken("t3"))])
          expect(separationRefusal(state, author, approver)?.code).toBe("BATON-APPROVAL-AUTHOR");
      }),
    );
  });

  test("two identities are two people, also where they are called alike", () => {
    const author: Actor = { kind: "person", id: "a|ann", name: "Ann", via: "a" };
    const other: Actor = { kind: "person", id: "b|ann", name: "Ann", via: "b" };
    expect(separationRefusal(nobody, author, other)).toBeNull();
  });

  test("of an author from before there was sign-in the name decides", () => {
    const author: Actor = { kind: "person", name: "ann", via: "local account" };
    const approver = (name: string): Actor => ({ kind: "person", id: `a|${name}`, name, via: "a" });
    expect(separationRefusal(nobody, author, approver(" Ann"))?.code).toBe("BATON-APPROVAL-AUTHOR");
    expect(separationRefusal(nobody, author, approver("bob"))).toBeNull();
  });

  test("neither a token nor Baton itself approves", () => {
    const author: Actor = { kind: "person", id: "a|bob", name: "Bob", via: "a" };
    for (const kind of ["token", "baton"] as const)
      expect(separationRefusal(nobody, author, { kind, name: "x", via: "y" })?.code).toBe(
        "BATON-APPROVAL-PERSON",
      );
  });
});

describe("refusals", () => {
  test("what somebody may not do is said with the environment and the right", () => {
    expect(
      forbidden(fold([grant("a|ann", "viewer")]), signedIn("a|ann"), "operate", "local", 0),
    ).toMatchObject({
      code: "BATON-ACCESS-FORBIDDEN",
      message: "a|ann may not operate in local.",
    });
  });

  test("a token beyond its maker and without an end in sight is refused for both at once", () => {
    const state = fold([grant("a|ann", "viewer")]);
    const token = { scopes: ["view", "operate"] as const, expiresAt: LONGEST_TOKEN_MS + 1 };
    expect(tokenRefusals(state, token, signedIn("a|ann"), 0).map(({ code }) => code)).toEqual([
      "BATON-ACCESS-EXPIRY",
      "BATON-ACCESS-TOKEN-SCOPE",
    ]);
    expect(tokenRefusals(state, { ...token, expiresAt: 1 }, null, 0)).toEqual([]);
    expect(tokenRefusals(state, { ...token, expiresAt: 5 }, null, 5)).toHaveLength(1);
  });
});
