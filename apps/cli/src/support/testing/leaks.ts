const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The digits of base64 that a text alone decides, wherever in a longer text it begins. */
const inside = (text: string) =>
  [0, 1, 2].map((at) => base64(`${"x".repeat(at)}${text}`).slice(at === 0 ? 0 : 4, -4));

/** A secret in every way it may be written down. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  Buffer.from(secret).toString("hex"),
  Buffer.from(secret).toString("base64url"),
  ...inside(secret),
];

/** Which secrets stand in the texts, by name, and in what form; none is what one wants. */
export function leaksIn(
  texts: Iterable<string>,
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  const all = [...texts].join("\n");
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret)
      .filter((form) => all.includes(form))
      .map((form) => `${name}: ${form}`),
  );
}
