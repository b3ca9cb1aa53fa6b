import fc from "fast-check";
import { expect, test } from "vitest";
import { type Action, decide } from "./abac.ts";

const ACTIONS: readonly Action[] = [
  "tenant.create",
  "tenant.read",
  "setting.read",
  "setting.write",
  "bundle.create",
  "bundle.read",
  "prompt.read",
  "prompt.write",
];

const allowed = (role: string, tenant: string, resource: string): Action[] =>
  ACTIONS.filter((action) => decide({ tenant, roles: [role] }, action, { tenant: resource }).allowed);

test("P001: each role may do what its attributes say, in its own tenant", () => {
  expect(allowed("viewer", "aster", "aster")).toEqual(["setting.read", "bundle.read", "prompt.read"]);
  expect(allowed("editor", "aster", "aster")).toEqual([
    "setting.read",
    "bundle.create",
    "bundle.read",
    "prompt.read",
    "prompt.write",
  ]);
  expect(allowed("admin", "aster", "aster")).toEqual(
    ACTIONS.filter((action) => !action.startsWith("tenant.")),
  );
  expect(allowed("platform-admin", "platform", "platform")).toEqual([
    "tenant.create",
    "tenant.read",
    "setting.read",
    "setting.write",
  ]);
});

test("P001: whatever no rule names is denied: other tenants, unknown roles, a platform role in a tenant", () => {
  const roles = fc.oneof(fc.constantFrom("viewer", "editor", "admin", "platform-admin"), fc.string());
  const tenants = fc.constantFrom("aster", "birch", "platform");
  fc.assert(
    fc.property(
      fc.array(roles),
      tenants,
      tenants,
      fc.constantFrom(...ACTIONS),
      (held, own, other, action) => {
        const verdict = decide({ tenant: own, roles: held }, action, { tenant: other });
        if (own !== other) expect(verdict).toEqual({ allowed: false, rule: null });
        if (own !== "platform" && held.every((role) => role === "platform-admin"))
          expect(verdict.allowed).toBe(false);
        expect(verdict.allowed).toBe(verdict.rule !== null);
      },
    ),
  );
  expect(allowed("constructor", "aster", "aster")).toEqual([]);
});
