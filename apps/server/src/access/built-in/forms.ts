import { alert, field, renderPage } from "../page.ts";

/** What the sign-in page knows when it is shown. */
export interface SignInView {
  /** Nobody can sign in yet: the code comes first. */
  readonly first: boolean;
  readonly name: string;
  /** What was wrong with what was sent, and with which form. */
  readonly refused: { readonly form: "password" | "code"; readonly message: string } | null;
}

/** The shortest password that is taken. */
export const SHORTEST_PASSWORD = 12;

const whence = (first: boolean): string =>
  first
    ? "Nobody has signed in here yet. The terminal in which the server was started shows a code: whoever uses it is the administrator."
    : "An administrator gave you a code.";

/** The sign-in page of the built-in provider: a name and a password, or a one-time code that makes an account. */
export function signInPage({ first, name, refused }: SignInView): string {
  const open = first || refused?.form === "code";
  const message = (form: "password" | "code"): string | null =>
    refused !== null && refused.form === form ? refused.message : null;
  const password = `<form method="post">
${alert(message("password"))}
<input type="hidden" name="form" value="password">
${field("User name", "name", 'required autocomplete="username" autocapitalize="none" spellcheck="false"', open ? "" : name)}
${field("Password", "password", 'type="password" required autocomplete="current-password"')}
<button type="submit">Sign in</button>
</form>`;
  const code = `<form method="post">
${alert(message("code"))}
<p class="quiet">${whence(first)} It works once; from then on you sign in with the name and the password you choose here.</p>
<input type="hidden" name="form" value="code">
${field("One-time code", "code", 'required autocomplete="one-time-code" spellcheck="false" placeholder="XXXX-XXXX-XXXX-XXXX"')}
${field("User name", "name", 'required autocomplete="username" autocapitalize="none" spellcheck="false"', open ? name : "")}
${field(`Password, at least ${SHORTEST_PASSWORD} characters`, "password", `type="password" required minlength="${SHORTEST_PASSWORD}" autocomplete="new-password"`)}
<button type="submit">Set up and sign in</button>
</form>`;
  return renderPage({
    title: "Sign in",
    body: first
      ? code
      : `${password}<details${open ? " open" : ""}><summary><h2>I have a one-time code</h2></summary>${code}</details>`,
  });
}
