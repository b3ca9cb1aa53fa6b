/** Text without the secrets it may have picked up. Values of less than four characters are no secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, "[secret]");
  return clean;
}

/** What is secret in a connection string: all of it, and its password as written and as meant. */
export function connectionSecrets(url: string | null): readonly string[] {
  if (url === null) return [];
  if (!URL.canParse(url)) return [url];
  const { password } = new URL(url);
  return [url, password, decodeURIComponent(password)];
}
