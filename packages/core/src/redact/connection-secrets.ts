/** What is secret in a connection string: all of it, and its password as written and as meant. */
export function connectionSecrets(url: string | null): readonly string[] {
  if (url === null) return [];
  const written = /^[a-z][\w+.-]*:\/\/[^:@/]*:([^\s/]*)@/i.exec(url)?.[1];
  if (written === undefined || written === "") return [url];
  return [url, written, meant(written)];
}

/** Where it is not percent-encoded as it should be, it is meant as it is written. */
function meant(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
