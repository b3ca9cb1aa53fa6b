import type { Problem } from "@baton/core";

/** The problems every keys adapter speaks, so that a sealed file and a key service cannot be told apart by them. */
export const keyProblems = {
  name: (name: string): Problem => ({
    code: "BATON-KEYS-NAME",
    message: `"${name}" cannot be the name of a key.`,
    remedy: "Use up to 128 letters, digits, dots, dashes and underscores.",
  }),
  missing: (name: string): Problem => ({
    code: "BATON-KEYS-MISSING",
    message: `There is no key "${name}".`,
    remedy: "Create it with a step of kind keys.create.",
  }),
  version: (name: string, version: number): Problem => ({
    code: "BATON-KEYS-VERSION",
    message: `The key "${name}" has no version ${version}.`,
    remedy: "Rotate the key first, or name a version it has.",
  }),
  open: (name: string): Problem => ({
    code: "BATON-KEYS-OPEN",
    message: `What was given does not unwrap under the key "${name}".`,
    remedy: "It was wrapped under another key or for another place, or its bytes were changed.",
  }),
  denied: (what: string): Problem => ({
    code: "BATON-KEYS-DENIED",
    message: `The key service does not let this token ${what}.`,
    remedy: "Give the token's name the right under keys.tokens in platform.yaml.",
  }),
  unreachable: (why: string): Problem => ({
    code: "BATON-KEYS-UNREACHABLE",
    message: `The key service cannot be reached: ${why}.`,
    remedy: "See that it runs (baton status) and try again.",
  }),
  answer: (what: string): Problem => ({
    code: "BATON-KEYS-ANSWER",
    message: `The key service answered in a way that is not Vault's transit API: ${what}.`,
    remedy: "See that keys.url names a transit engine mounted at /v1/transit.",
  }),
} as const;

/** Whether a key may be called so: what fits a URL path of Vault as it is. */
export const validKeyName = (name: string): boolean => /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/.test(name);
