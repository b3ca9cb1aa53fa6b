/** The theme's colours as a canvas takes them: a token is made of other tokens, and only the browser can say what comes out. */
export function tokenColours<Name extends string>(tokens: readonly Name[]): Readonly<Record<Name, string>> {
  const probe = document.createElement("span");
  // A colour on its way to another would be read half-way.
  probe.style.transition = "none";
  document.body.append(probe);
  const read = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(tokens.map((token) => [token, read(token)])) as Record<Name, string>;
  probe.remove();
  return colours;
}
