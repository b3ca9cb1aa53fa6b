/** The reference page's style: readable in either theme, without a font or a script from anywhere. */
export const REFERENCE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d9dce1, #3a3f47); --quiet: light-dark(#565d68, #a3abb8); --code: light-dark(#f3f4f6, #22262c); }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 6rem; }
h1 { font-size: 1.75rem; line-height: 1.2; }
h2 { font-size: 1.25rem; margin: 3rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
p { margin: .5rem 0; max-width: 70ch; }
nav ul { columns: 14rem; padding: 0; list-style: none; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary code { background: none; padding: 0; }
.method { font-weight: 600; display: inline-block; min-width: 3.5rem; }
.quiet { color: var(--quiet); }
code, pre { font: .875em/1.5 ui-monospace, monospace; background: var(--code); border-radius: .25rem; padding: .1em .3em; }
pre { padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; }
`;
