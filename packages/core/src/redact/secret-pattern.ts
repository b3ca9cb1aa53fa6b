const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Shorter values are too likely to stand inside another text's base64 by chance. */
const LEAST_BYTES_INSIDE = 6;

/**
 * The source of a regular expression that finds a value however it may have been written down: as it is, percent-encoded
 * and escaped for JSON (each also more than once), in hex, in base64 or base64url, and in the base64 of a longer text that holds it.
 */
export function secretPattern(value: string): string {
  const text = value.toWellFormed();
  const bytes = utf8(text);
  const forms = [[...text].map(characterPattern).join(""), hexPattern(bytes), base64Pattern(base64(bytes))];
  if (bytes.length >= LEAST_BYTES_INSIDE)
    forms.push(...[0, 1, 2].map((offset) => insidePattern(bytes, offset)));
  return `(?:${forms.join("|")})`;
}

/** The bytes of a well-formed text. */
function utf8(text: string): readonly number[] {
  const bytes: number[] = [];
  const encoded = encodeURIComponent(text);
  for (let at = 0; at < encoded.length; at += 1) {
    if (encoded[at] !== "%") bytes.push(encoded.charCodeAt(at));
    else {
      bytes.push(Number.parseInt(encoded.slice(at + 1, at + 3), 16));
      at += 2;
    }
  }
  return bytes;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const anyCase = (text: string): string =>
  text.replaceAll(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
const hexPattern = (bytes: readonly number[]): string => anyCase(bytes.map(hex).join(""));

/** One character as text, URLs and JSON write it. Letters, digits, dash and underscore have one way only. */
function characterPattern(character: string): string {
  if (/[A-Za-z0-9_-]/.test(character)) return character;
  const percent = utf8(character)
    .map((byte) => `%(?:25)*${anyCase(hex(byte))}`)
    .join("");
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const unicode = units.map((unit) => `\\\\+u${anyCase(unit.toString(16).padStart(4, "0"))}`).join("");
  return `(?:${[...plainForms(character), percent, unicode].join("|")})`;
}

const NAMED: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

function plainForms(character: string): readonly string[] {
  if (character === "\\") return ["\\\\+"];
  if (character === " ") return [" ", "\\+"];
  const named = NAMED[character];
  const itself = character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
  const plain = /["'`$/]/.test(character) ? `\\\\*${itself}` : itself;
  return named === undefined ? [plain] : [plain, `\\\\+${named}`];
}

function base64(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.slice(at, at + 3);
    const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    const digits = [bits >> 18, (bits >> 12) & 63, (bits >> 6) & 63, bits & 63].map((six) => BASE64[six]);
    text += digits.slice(0, third !== undefined ? 4 : second !== undefined ? 3 : 2).join("");
  }
  return text;
}

const DIGIT = "[A-Za-z0-9+/_-]";
const base64Pattern = (digits: string): string =>
  `${digits.replaceAll(/[+/]/g, (digit) => (digit === "+" ? "(?:[+-]|%2[Bb])" : "(?:\\\\*[/_]|%2[Ff])"))}(?:=|%3[Dd]){0,2}`;

/**
 * The digits of base64 that a value alone decides where it begins `offset` bytes into a group of three; the digits at both
 * ends are shared with what stands before and behind, so they may be any.
 */
function insidePattern(bytes: readonly number[], offset: number): string {
  const padded = [...Array.from({ length: offset }, () => 0), ...bytes];
  const shared = [0, 2, 3][offset] ?? 0;
  const whole = Math.floor((padded.length * 8) / 6);
  const rest = whole * 6 < padded.length * 8 ? DIGIT : "";
  const before = offset === 0 ? "" : `${DIGIT}`;
  return `${before}${base64Pattern(base64(padded).slice(shared, whole))}${rest}`;
}
