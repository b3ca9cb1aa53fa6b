import { type OpenApiOptions, openApiOf, type Route, statusOf } from "@baton/contracts";

interface Operation {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

/** The API's description as a page for people: no script, nothing from anywhere else. */
export function referencePage(routes: readonly Route[], options: OpenApiOptions): string {
  const described = openApiOf(routes, options) as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, object> };
  };
  const groups = [...new Set(routes.map(({ group }) => group))];
  const sections = groups.map((group) => {
    const own = routes.filter((route) => route.group === group);
    const items = own.map((route) => {
      const operation = described.paths[route.path]?.[route.method.toLowerCase()];
      return operation === undefined ? "" : operationHtml(route, operation);
    });
    return `<h2 id="${anchor(group)}">${text(group)}</h2>\n${items.join("\n")}`;
  });
  const shapes = Object.entries(described.components.schemas).map(
    ([name, schema]) =>
      `<details id="shape-${text(name)}"><summary><code>${text(name)}</code></summary><pre>${text(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Baton's API</title>
<link rel="stylesheet" href="/v1/reference.css">
</head>
<body>
<header><h1>Baton’s API</h1>
<p>${marked(options.description)}</p>
<p>Lists take <code>limit</code> and <code>cursor</code>, and answer with <code>items</code> and <code>nextCursor</code>. What changes something honours <code>Idempotency-Key</code>. Times are milliseconds since 1970, UTC. The same for programs: <a href="/v1/openapi.json">OpenAPI 3.1</a>.</p>
</header>
<nav aria-label="Groups"><ul>${[...groups, "Shapes"].map((group) => `<li><a href="#${anchor(group)}">${text(group)}</a></li>`).join("")}</ul></nav>
<main>
${sections.join("\n")}
<h2 id="shapes">Shapes</h2>
${shapes.join("\n")}
</main>
</body>
</html>
`;
}

function operationHtml(route: Route, { parameters, requestBody, responses }: Operation): string {
  const rows = parameters.map(
    ({ name, in: where, required, description, schema }) =>
      `<tr><td><code>${text(name)}</code></td><td>${text(where)}${required ? ", required" : ""}</td><td>${text(description ?? "")} ${schemaHtml(schema)}</td></tr>`,
  );
  const body = requestBody?.content["application/json"]?.schema;
  const good = Object.entries(responses).find(([status]) => status.startsWith("2"));
  const answer = Object.entries(good?.[1].content ?? {})[0];
  const codes = route.problems.map(
    (code) => `<tr><td><code>${text(code)}</code></td><td>${statusOf(code)}</td></tr>`,
  );
  return `<details id="${text(route.name)}"><summary><span class="method">${route.method}</span> <code>${text(route.path)}</code><br>${marked(route.summary)}</summary>
<p class="quiet">${needed(route)}</p>
${rows.length === 0 ? "" : `<table><thead><tr><th>Name</th><th>Where</th><th>What</th></tr></thead><tbody>${rows.join("")}</tbody></table>`}
${body === undefined ? "" : `<p>Body:</p>${schemaHtml(body)}`}
${answer === undefined ? "" : `<p>Answers ${text(good?.[0] ?? "200")} with <code>${text(answer[0])}</code>:</p>${schemaHtml(answer[1].schema)}`}
${codes.length === 0 ? "" : `<table><thead><tr><th>Problem of its own</th><th>Status</th></tr></thead><tbody>${codes.join("")}</tbody></table>`}
</details>`;
}

function needed({ needs }: Route): string {
  if (needs === "nothing") return "Anybody may ask.";
  return needs === "sign-in"
    ? "Needs somebody who is signed in."
    : `Needs the right to ${needs} in the environment.`;
}

/** A shape that has a name is a link to it; any other is written out. */
function schemaHtml(schema: object): string {
  const name =
    "$ref" in schema && typeof schema.$ref === "string" ? /([^/]+)$/.exec(schema.$ref)?.[1] : undefined;
  if (name !== undefined) return `<a href="#shape-${text(name)}"><code>${text(name)}</code></a>`;
  const written = JSON.stringify(schema, null, 2);
  return written.length < 80 ? `<code>${text(JSON.stringify(schema))}</code>` : `<pre>${text(written)}</pre>`;
}

const anchor = (group: string): string => group.toLowerCase().replaceAll(/\W+/g, "-");

const text = (raw: string): string =>
  raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Words between backquotes as code. */
const marked = (raw: string): string => text(raw).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
