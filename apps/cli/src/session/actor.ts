import { userInfo } from "node:os";
import type { Actor } from "@baton/core";

/** The person at the keyboard: before there is sign-in, the local account, and recorded as such. */
export function localActor(): Actor {
  let name = "unknown";
  try {
    name = userInfo().username;
  } catch {
    // an account without a name (a bare uid in a container)
    name = typeof process.getuid === "function" ? `uid ${process.getuid()}` : "unknown";
  }
  return { kind: "person", name, via: "local account" };
}

/** Who approves where nobody can be asked: named so that nobody mistakes it for a person. */
export const demoActor = (): Actor => ({ kind: "person", name: "demo user", via: "no terminal" });
