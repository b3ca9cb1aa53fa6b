import { Right, Role, TokenScope } from "@baton/core";
import { z } from "zod";
import { json } from "../route/answer.ts";
import { get, post } from "../route/route.ts";
import { ActorBody, InEnvironment, OfInvitation, OfToken, Reason, Time } from "../shapes/common.ts";
import { listOf } from "../shapes/paging.ts";

const group = "Access";
const at = (rest: string) => `/v1/environments/{environment}/access/${rest}`;

const Person = z.string().min(1).max(1_000).describe("A person's identity, `ISSUER|SUBJECT`.");
/** Milliseconds. What is too long is refused with the longest that may be. */
const Lasts = z.int().min(60_000);
const Label = z.string().trim().min(1).max(200);

export const PersonBody = z
  .strictObject({ person: z.string(), name: z.string(), roles: z.array(Role) })
  .meta({ id: "Person" });

export const InvitationBody = z
  .strictObject({
    invitation: z.string(),
    name: z.string(),
    role: Role,
    expiresAt: Time,
    by: ActorBody,
    status: z.enum(["open", "used", "revoked", "expired"]),
  })
  .meta({ id: "Invitation" });

export const TokenBody = z
  .strictObject({
    token: z.string(),
    name: z.string(),
    scopes: z.array(TokenScope),
    createdAt: Time,
    expiresAt: Time,
    maker: z.string().nullable(),
    by: ActorBody,
    status: z.enum(["live", "revoked", "expired"]),
  })
  .meta({
    id: "ServiceToken",
    description: "A service token, without the token: it was shown once and is kept as a hash.",
  });

const Done = z.strictObject({ done: z.literal(true) });

export const accessRoutes = {
  getMe: get("getMe", {
    path: "/v1/me",
    group,
    summary: "Tells who is signed in, and what they may do where.",
    needs: "sign-in",
    answer: json(
      z
        .strictObject({
          kind: z.enum(["person", "token"]),
          id: z.string(),
          name: z.string(),
          via: z.string(),
          environments: z.array(z.strictObject({ environment: z.string(), rights: z.array(Right) })),
        })
        .meta({ id: "Me" }),
    ),
  }),
  listPeople: get("listPeople", {
    path: at("people"),
    group,
    summary: "Lists the people who were let in, with their roles.",
    needs: "administer",
    params: InEnvironment,
    answer: json(listOf(PersonBody)),
  }),
  grantRole: post("grantRole", {
    path: at("grants"),
    group,
    summary: "Gives a person a further role.",
    needs: "administer",
    params: InEnvironment,
    body: z.strictObject({ person: Person, role: Role, reason: Reason }),
    answer: json(Done),
    problems: ["BATON-ACCESS-NO-PERSON"],
  }),
  revokeRole: post("revokeRole", {
    path: at("revocations"),
    group,
    summary: "Takes a role from a person.",
    needs: "administer",
    params: InEnvironment,
    body: z.strictObject({ person: Person, role: Role, reason: Reason }),
    answer: json(Done),
    problems: ["BATON-ACCESS-NO-PERSON", "BATON-ACCESS-NO-ROLE", "BATON-ACCESS-LAST-ADMIN"],
  }),
  listInvitations: get("listInvitations", {
    path: at("invitations"),
    group,
    summary: "Lists invitations, also those that were used or taken back.",
    needs: "administer",
    params: InEnvironment,
    answer: json(listOf(InvitationBody)),
  }),
  invite: post("invite", {
    path: at("invitations"),
    group,
    summary: "Invites somebody to a role. The code in the answer is shown this once.",
    needs: "administer",
    params: InEnvironment,
    body: z.strictObject({ name: Label, role: Role, lastsMs: Lasts, reason: Reason }),
    answer: json(z.strictObject({ invitation: z.string(), code: z.string(), expiresAt: Time }), 201),
    problems: ["BATON-ACCESS-EXPIRY"],
    secret: true,
  }),
  revokeInvitation: post("revokeInvitation", {
    path: at("invitations/{invitation}/revoke"),
    group,
    summary: "Takes an open invitation back.",
    needs: "administer",
    params: OfInvitation,
    body: z.strictObject({ reason: Reason }),
    answer: json(Done),
    problems: ["BATON-ACCESS-NO-INVITATION"],
  }),
  listTokens: get("listTokens", {
    path: at("tokens"),
    group,
    summary: "Lists service tokens, also those that are revoked or expired.",
    needs: "administer",
    params: InEnvironment,
    answer: json(listOf(TokenBody)),
  }),
  createToken: post("createToken", {
    path: at("tokens"),
    group,
    summary: "Makes a service token. The token in the answer is shown this once.",
    needs: "administer",
    params: InEnvironment,
    body: z.strictObject({ name: Label, scopes: z.array(TokenScope).min(1), lastsMs: Lasts, reason: Reason }),
    answer: json(z.strictObject({ id: z.string(), token: z.string(), expiresAt: Time }), 201),
    problems: ["BATON-ACCESS-EXPIRY", "BATON-ACCESS-TOKEN-SCOPE"],
    secret: true,
  }),
  revokeToken: post("revokeToken", {
    path: at("tokens/{token}/revoke"),
    group,
    summary: "Ends a service token for good.",
    needs: "administer",
    params: OfToken,
    body: z.strictObject({ reason: Reason }),
    answer: json(Done),
    problems: ["BATON-ACCESS-NO-TOKEN"],
  }),
};
