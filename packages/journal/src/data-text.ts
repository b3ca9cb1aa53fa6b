import type { Json, JsonObject } from "@baton/core";

/**
 * The text under which a value is stored and hashed: the canonical JSON of core (no blanks, keys in order of their UTF-16
 * code units), so a reader can check the chain from values. Total, unlike core's: an event must not be lost because a
 * message in it was cut inside a character. Broken characters become U+FFFD, absent members are left out, numbers that
 * JSON has not become null.
 */
export function dataText(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value.toWellFormed());
  if (Array.isArray(value)) return `[${value.map((item: Json) => dataText(item)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const mended = withWellFormedKeys(value);
  const members: string[] = [];
  for (const key of Object.keys(mended).sort()) {
    const member = mended[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${dataText(member)}`);
  }
  return `{${members.join(",")}}`;
}

const isObject = (value: Json): value is JsonObject => typeof value === "object" && value !== null;

function withWellFormedKeys(value: JsonObject): JsonObject {
  if (Object.keys(value).every((key) => key.isWellFormed())) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), member]));
}
