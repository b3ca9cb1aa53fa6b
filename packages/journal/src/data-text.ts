import type { Json, JsonObject } from "@baton/core";

/**
 * The text under which a value is stored and hashed: JSON without spaces, keys in order of their UTF-16 code units. The
 * same value always gives the same text, also after it was read back, so a reader can check the chain from values.
 */
export function dataText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => dataText(item)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${dataText(member)}`);
  }
  return `{${members.join(",")}}`;
}

const isObject = (value: Json): value is JsonObject => typeof value === "object" && value !== null;
