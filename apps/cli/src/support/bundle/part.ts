import type { Json } from "@baton/core";

/** A file of a bundle before secrets are taken out of it. */
export interface BundleFile {
  /** In the bundle, with forward slashes. */
  readonly path: string;
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    /** Redacted value by value, so that it stays JSON. */
    | { readonly kind: "json"; readonly value: Json }
    /** A value a line. */
    | { readonly kind: "lines"; readonly values: readonly Json[] };
}

/** Something that was wanted and could not be had, and why. */
export interface Missing {
  readonly what: string;
  readonly why: string;
}

/** What a part brings. */
export interface Collected {
  readonly files: readonly BundleFile[];
  readonly missing: readonly Missing[];
}

/** One subject of a bundle. It may throw or hang: then it is missing, and the others are there. */
export interface Part {
  readonly what: string;
  collect(): Promise<Collected>;
}

export const text = (path: string, content: string): BundleFile => ({
  path,
  content: { kind: "text", text: content },
});
export const json = (path: string, value: unknown): BundleFile => ({
  path,
  content: { kind: "json", value: JSON.parse(JSON.stringify(value ?? null)) as Json },
});
export const lines = (path: string, values: readonly unknown[]): BundleFile => ({
  path,
  content: { kind: "lines", values: JSON.parse(JSON.stringify(values)) as readonly Json[] },
});
/** All there was of it. */
export const whole = (...files: readonly BundleFile[]): Collected => ({ files, missing: [] });
