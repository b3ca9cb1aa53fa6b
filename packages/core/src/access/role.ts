import { z } from "zod";

/** What a route asks of whoever calls it. */
export const Right = z.enum(["view", "operate", "approve", "administer"]);
export type Right = z.infer<typeof Right>;

/** What a person is to an environment. Somebody may be several. */
export const Role = z.enum(["viewer", "operator", "approver", "admin"]);
export type Role = z.infer<typeof Role>;

/** What each role may. All may look; an administrator may all there is, and approves nothing of their own either. */
export const RIGHTS_OF: Readonly<Record<Role, readonly Right[]>> = {
  viewer: ["view"],
  operator: ["view", "operate"],
  approver: ["view", "approve"],
  admin: ["view", "operate", "approve", "administer"],
};

/** What a service token can be made for. An approval is a person's word, and people are let in by people. */
export const TokenScope = Right.extract(["view", "operate"]);
export type TokenScope = z.infer<typeof TokenScope>;
