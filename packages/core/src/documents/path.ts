/** Where a value sits in a document, from the top. */
export type Segments = readonly (string | number)[];

const PLAIN = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The path as people and problems write it, `phases[2].steps[0].kind`; a name with other characters is quoted, `env["A.B"]`. */
export function pathOf(segments: Segments): string {
  let path = "";
  for (const segment of segments) {
    if (typeof segment === "number") path += `[${segment}]`;
    else if (!PLAIN.test(segment)) path += `[${JSON.stringify(segment)}]`;
    else path += path === "" ? segment : `.${segment}`;
  }
  return path;
}

/** The path one level up; an empty text at the top. */
export function parentPath(path: string): string {
  const quoted = /^(.*)\["(?:[^"\\]|\\.)*"\]$/.exec(path);
  if (quoted) return quoted[1] ?? "";
  return path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0));
}

/** Joins a path and a relative one: `a.b` and `c`, or `a.b` and `[0]`. */
export function joinPath(base: string, rest: string): string {
  if (base === "" || rest === "") return base + rest;
  return rest.startsWith("[") ? base + rest : `${base}.${rest}`;
}
