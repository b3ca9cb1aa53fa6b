/** The texts an address holds under these names; anything else in it is passed over. */
export function textIn<Name extends string>(
  search: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): { [K in Name]?: string | undefined } {
  const found: { [K in Name]?: string | undefined } = {};
  for (const name of names) {
    const value = search[name];
    // The router reads a number where an address holds digits; it is a text all the same.
    if (typeof value === "string" || typeof value === "number") found[name] = String(value);
  }
  return found;
}
