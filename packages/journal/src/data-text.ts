import { canonicalJson, type Json } from "@baton/core";

/**
 * The text under which a value is stored and hashed: core's canonical JSON of what can be stored of it. Core refuses what JSON
 * cannot carry; here it is mended first, because an event must not be lost over a message that was cut inside a character:
 * broken characters become U+FFFD, absent members are left out, numbers that JSON has not become null.
 */
export const dataText = (value: Json): string => canonicalJson(mended(value));

function mended(value: Json): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => mended(item));
  const members: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) setMember(members, key.toWellFormed(), mended(member));
  return members;
}

/** A member of any name: assigning to `__proto__` would not make one. */
function setMember(members: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true });
}
