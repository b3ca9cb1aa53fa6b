import type { Json } from "../json.ts";

/** A template such as `${service.gateway.url}`; group 1 is what it names. */
const TEMPLATE = /\$\{([^{}]*)\}/g;

/** Names in a text's templates, in order. */
export const templatesIn = (text: string): readonly string[] =>
  [...text.matchAll(TEMPLATE)].map((match) => match[1] ?? "");

/** One text with the templates filled in that `values` names; the others stay as they are. */
const fillText = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(TEMPLATE, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );

/** The same in every text of a value. */
export function fillTemplates(value: Json, values: Readonly<Record<string, string>>): Json {
  if (typeof value === "string") return fillText(value, values);
  if (Array.isArray(value)) return value.map((item: Json) => fillTemplates(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillTemplates(item, values)]));
}

/** A text with `${tenant}` filled in. */
export const fillTenant = (text: string, tenant: string): string => fillText(text, { tenant });

/** A text for people: `${service.gateway.url}/health` as `gateway/health`, `key-${tenant}` as `key-TENANT`. */
export const templatesInWords = (text: string): string =>
  text.replaceAll(TEMPLATE, (_, name: string) =>
    name.includes(".") ? name.replace(/^service\./, "").replace(/\.url$/, "") : name.toUpperCase(),
  );
