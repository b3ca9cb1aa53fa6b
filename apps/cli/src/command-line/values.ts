import { InvalidArgumentError } from "commander";
import { readMoment } from "../support/moment.ts";

/** Text that says something: what a person has to give a reason for is not done for an empty one. */
export function words(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Say it in words.");
  return text.trim();
}

/** A count of at least one. */
export const count = (text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number from 1 to 9999999.");
};

/** A time that has gone by, or a date: milliseconds since 1970. */
export const moment = (text: string): number => {
  const at = readMoment(text, Date.now());
  if (at !== null) return at;
  throw new InvalidArgumentError(
    "Write a time that has gone by (30s, 10m, 2h, 1d) or a date (2026-11-21T12:00Z).",
  );
};

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How long something lasts, in milliseconds: `30m`, `12h`, `7d`. */
export const span = (text: string): number => {
  const [, amount, unit] = /^([1-9]\d{0,5})(m|h|d)$/.exec(text.trim()) ?? [];
  if (amount !== undefined && unit !== undefined) return Number(amount) * (UNITS[unit] ?? 0);
  throw new InvalidArgumentError("Write it as 30m, 12h or 7d.");
};
