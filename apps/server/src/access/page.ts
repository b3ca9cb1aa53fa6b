/** A small page that works without script and without anything from elsewhere. */
export interface Page {
  readonly title: string;
  /** HTML; whatever is not our own has to come through `text`. */
  readonly body: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML shows it, whatever stands in it. */
export const text = (value: string): string => value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

/** Where the pages' style sheet is: it is no part of the pages, so that no style need be allowed in them. */
export const STYLE_PATH = "/auth/style.css";

export const renderPage = ({ title, body }: Page): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(title)} · Baton</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<main>
<p class="brand">Baton</p>
<h1>${text(title)}</h1>
${body}
</main>
</body>
</html>
`;

/** A sentence that says what went wrong, read out at once. */
export const alert = (message: string | null): string =>
  message === null ? "" : `<p role="alert">${text(message)}</p>`;

/** A field with its label. */
export const field = (label: string, name: string, attributes: string, value = ""): string =>
  `<label>${text(label)}<input name="${name}" value="${text(value)}" ${attributes}></label>`;

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: oklch(98% 0.003 250); --surface: oklch(100% 0 0); --ink: oklch(24% 0.01 250);
  --quiet: oklch(46% 0.015 250); --line: oklch(72% 0.01 250); --blue: oklch(48% 0.15 255); --red: oklch(48% 0.17 27);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: oklch(19% 0.01 250); --surface: oklch(24% 0.012 250); --ink: oklch(93% 0.005 250);
    --quiet: oklch(74% 0.012 250); --line: oklch(48% 0.012 250); --blue: oklch(76% 0.12 255); --red: oklch(76% 0.13 27);
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(26rem, 100% - 2rem); margin: 12vh auto 4rem; padding: 2rem; background: var(--surface);
  border: 1px solid var(--line); border-radius: 0.5rem; }
.brand { margin: 0; color: var(--quiet); font-weight: 600; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 0; font-size: 1rem; display: inline; }
summary { cursor: pointer; padding: 0.5rem 0; }
details { margin-top: 1rem; border-top: 1px solid var(--line); }
label { display: block; margin: 1rem 0; font-weight: 600; }
input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.5rem 0.625rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--line); border-radius: 0.375rem; font-weight: 400; }
::placeholder { color: var(--quiet); opacity: 1; }
button { font: inherit; font-weight: 600; padding: 0.5rem 1.25rem; color: var(--surface); background: var(--blue);
  border: 0; border-radius: 0.375rem; cursor: pointer; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
[role="alert"] { color: var(--red); font-weight: 600; }
[role="alert"]::before { content: "✗ "; }
.quiet { color: var(--quiet); }
a { color: var(--blue); }
`;
