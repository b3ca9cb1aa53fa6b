import type { Queryable } from "../../../../shared/vault/types.ts";

/** Whatever JSON can carry. */
type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** The part of the migration worker's context that this migration uses. */
export interface Context {
  readonly tenant: { readonly id: string };
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly db: Queryable;
  checkpoint(): Promise<unknown>;
  batch(work: (db: Queryable) => Promise<Value>): Promise<void>;
  snapshot<T>(work: (db: Queryable) => Promise<T>): Promise<T>;
  progress(figures: Readonly<Record<string, number>>): void;
  pause(milliseconds: number): Promise<void>;
}

/** An option that is a number, or what is taken where it is not given. */
export const numberOption = (context: Context, name: string, otherwise: number): number => {
  const value = context.options[name];
  return typeof value === "number" ? value : otherwise;
};

/** A value the manifest must give. */
export function needed(values: Readonly<Record<string, string>>, name: string): string {
  const value = values[name];
  if (value === undefined) throw new Error(`migration.yaml gives no ${name}`);
  return value;
}
