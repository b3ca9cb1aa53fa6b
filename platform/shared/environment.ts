/**
 * Reads the named environment variables. Where some are absent or empty the process says which, all of them at once, and
 * ends with code 2; a value is never printed.
 */
export function environment<const Name extends string>(names: readonly Name[]): Record<Name, string> {
  const missing = names.filter((name) => (process.env[name] ?? "") === "");
  if (missing.length > 0) {
    process.stderr.write(
      `missing environment: ${missing.join(", ")}. Set them as platform.yaml's release does.\n`,
    );
    process.exit(2);
  }
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""])) as Record<Name, string>;
}
