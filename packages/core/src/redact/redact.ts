import type { Json } from "../json.ts";
import { secretPattern } from "./secret-pattern.ts";
import { isSecretField, MASK, SECRET_SHAPES } from "./secret-shapes.ts";

/** A value that must not be shown, and what it is called. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** What is left without the secrets, and how many were taken out, by what they were. */
export interface Redacted<T> {
  readonly value: T;
  readonly removed: Readonly<Record<string, number>>;
}

/** Takes secrets out of texts: those it was made for, and whatever looks like one. Redacting twice changes nothing more. */
export type Redactor = (text: string) => Redacted<string>;

/** A shorter value is no secret: taking it out would garble texts and protect nothing. */
const LEAST_LENGTH = 4;

const [ESCAPE, BELL] = ["\u001b", "\u0007"];
/** Colours and other controls of a terminal, as they are and as JSON writes them. They may stand in the middle of a secret. */
const TERMINAL = new RegExp(
  String.raw`(?:${ESCAPE}|\\+u001[bB]|\\+x1[bB])(?:\[[0-9;:?]*[ -/]*[@-~]|\][^${BELL}${ESCAPE}]{0,500}(?:${BELL}|${ESCAPE}\\))`,
  "g",
);

/**
 * A redactor for these secrets, in every form `secretPattern` knows, and for all that looks like a secret by its shape:
 * passwords in addresses, bearer tokens, private keys, values of names such as `password`. A text that had a secret comes back
 * without terminal colours.
 */
export function createRedactor(secrets: Iterable<KnownSecret>): Redactor {
  const known = [...secrets]
    .filter(({ value }) => value.length >= LEAST_LENGTH)
    // One secret may begin like another: the longer first, so that no end of it stays.
    .sort((a, b) => b.value.length - a.value.length)
    .map(({ name, value }) => ({ name, pattern: new RegExp(secretPattern(value), "g") }));
  const looks = [...known, ...SECRET_SHAPES];
  return (text) => {
    const removed: Record<string, number> = {};
    let clean = text.replaceAll(TERMINAL, "");
    for (const { name, pattern } of looks)
      clean = clean.replaceAll(pattern, (...match) => {
        removed[name] = (removed[name] ?? 0) + 1;
        const groups = match.at(-1) as Readonly<Record<string, string | undefined>> | string;
        return typeof groups === "string" ? MASK : `${groups.keep ?? ""}${MASK}${groups.after ?? ""}`;
      });
    return { value: Object.keys(removed).length === 0 ? text : clean, removed };
  };
}

/** One text without these values and without what looks like a secret. */
export const redact = (text: string, values: readonly string[]): string =>
  createRedactor(values.map((value) => ({ name: "secret", value })))(text).value;

/** A value of JSON, redacted: every text in it, fields' names too, and what a field's name calls a secret. */
export function redactJson(value: Json, redactor: Redactor): Redacted<Json> {
  const removed: Record<string, number> = {};
  const count = ({ removed: more }: Redacted<unknown>): void => {
    for (const [name, times] of Object.entries(more)) removed[name] = (removed[name] ?? 0) + times;
  };
  const text = (dirty: string): string => {
    const clean = redactor(dirty);
    count(clean);
    return clean.value;
  };
  const field = (name: string, item: Json): readonly [string, Json] => {
    if (typeof item !== "string" || !isSecretField(name, item)) return [text(name), walk(item)];
    count({ value: null, removed: { "value of a secret's name": 1 } });
    return [text(name), MASK];
  };
  const walk = (item: Json): Json => {
    if (typeof item === "string") return text(item);
    if (item === null || typeof item !== "object") return item;
    if (Array.isArray(item)) return item.map(walk);
    return Object.fromEntries(Object.entries(item).map(([name, inner]) => field(name, inner)));
  };
  return { value: walk(value), removed };
}
