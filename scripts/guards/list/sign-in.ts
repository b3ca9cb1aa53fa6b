import type { Guard } from "../guard.ts";

const FILES = "apps/server/src/access";
const inTest = (file: string) => (name: string) => ({
  file: `apps/server/test/access/${file}.test.ts`,
  name,
});
const [attack, provider, signIn, cli] = [
  inTest("attacks"),
  inTest("provider"),
  inTest("sign-in"),
  inTest("cli"),
];

const BAD_TOKEN = provider("an ID token %s signs nobody in");
const FOREIGN = attack("a page of another site changes nothing with the cookies of whoever looks at it");

/** What keeps a server's sign-in from those who try it. */
export const signInGuards: readonly Guard[] = [
  {
    name: "origin-of-changes",
    protects: "A page of another site does nothing in the name of whoever looks at it.",
    file: `${FILES}/origin-check.ts`,
    edits: [{ text: "if (own) return null;", replacement: "if (own !== null) return null;" }],
    test: FOREIGN,
  },
  {
    name: "origin-compared-whole",
    protects: "A host whose name begins like ours is not ours.",
    file: `${FILES}/origin-check.ts`,
    edits: [
      {
        text: "origin === new URL(publicUrl).origin",
        replacement: "origin.startsWith(new URL(publicUrl).origin)",
      },
    ],
    test: FOREIGN,
  },
  {
    name: "origin-unsaid-is-foreign",
    protects: "A request that does not say where it is from is not taken for ours.",
    file: `${FILES}/origin-check.ts`,
    edits: [{ text: `request.headers["sec-fetch-site"] === "same-origin"`, replacement: "true" }],
    test: attack(
      "a request that says nothing of where it is from is taken as foreign, unless the browser itself says it is ours",
    ),
  },
  {
    name: "return-path-of-ours",
    protects: "A sign-in leads nobody to another site.",
    file: `${FILES}/sign-in-routes.ts`,
    edits: [
      {
        text: "const returnTo = returnPath(request.query.return);",
        replacement: "const returnTo = String(request.query.return);",
      },
    ],
    test: attack("where a sign-in leads is a path of this server, whatever was asked"),
  },
  {
    name: "callback-once",
    protects: "An address that somebody came back to signs nobody in a second time.",
    file: `${FILES}/attempts.ts`,
    edits: [
      {
        text: "delete from baton_server.attempts where hash = $1 and kind = $2 and expires_at > $3 returning data",
        replacement:
          "select data from baton_server.attempts where hash = $1 and kind = $2 and expires_at > $3",
      },
    ],
    test: provider("a callback is good once, also where the provider would give tokens for its code again"),
  },
  {
    name: "callback-in-time",
    protects: "A sign-in that was left lying is not finished by whoever finds it.",
    file: `${FILES}/attempts.ts`,
    edits: [
      { text: "and expires_at > $3 returning", replacement: "and (expires_at > $3 or true) returning" },
    ],
    test: provider("a sign-in that took longer than ten minutes is begun again"),
  },
  {
    name: "state-compared",
    protects: "Nobody is signed in as somebody else by an address that was put under them.",
    file: `${FILES}/provider-client.ts`,
    edits: [{ text: "expectedState: state,", replacement: "expectedState: state && oidc.skipStateCheck," }],
    test: provider(
      "a callback counts in the browser alone that began it, with its state, also where nothing else would tell",
    ),
  },
  {
    name: "id-token-signature",
    protects: "Nobody is signed in by a token that the provider did not sign.",
    file: `${FILES}/provider-client.ts`,
    edits: [{ text: "oidc.enableNonRepudiationChecks,", replacement: "" }],
    test: BAD_TOKEN,
  },
  {
    name: "code-challenge",
    protects: "A code that was caught on its way is worth nothing to whoever caught it.",
    file: `${FILES}/provider-client.ts`,
    edits: [{ text: `code_challenge_method: "S256",`, replacement: "" }],
    test: provider(
      "an authorization request asks for a code alone, with a challenge, state and nonce of its own each time",
    ),
  },
  {
    name: "session-before-ends",
    protects: "A session that somebody else knows of does not outlive the next sign-in.",
    file: `${FILES}/sign-in-routes.ts`,
    edits: [{ text: `if (before !== null) await sessions.end("browser", before);`, replacement: "" }],
    test: provider(
      "a session begins under a secret nobody had before: one that was planted is not taken over, and one there was ends",
    ),
  },
  {
    name: "names-made-readable",
    protects: "A name from elsewhere neither breaks a line nor turns text round.",
    file: `${FILES}/provider-client.ts`,
    edits: [{ text: `name.replaceAll(/\\p{C}|\\p{Zl}|\\p{Zp}/gu, " ").trim()`, replacement: "name" }],
    test: provider(
      "a name that would break a line, hide or turn text round comes as plain text of bounded length",
    ),
  },
  {
    name: "pages-escape",
    protects: "What somebody typed is shown as text, and is no part of a page.",
    file: `${FILES}/page.ts`,
    edits: [{ text: `value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "")`, replacement: "value" }],
    test: provider(
      "a name that would break a line, hide or turn text round comes as plain text of bounded length",
    ),
  },
  {
    name: "bad-token-refused",
    protects: "A token that is good for nothing is not passed over for a cookie beside it.",
    file: `${FILES}/authenticate.ts`,
    edits: [
      {
        text: "if (authorization !== undefined) return bearer(of, authorization);",
        replacement:
          "if (authorization !== undefined) {\n    const shown = await bearer(of, authorization).catch(() => null);\n    if (shown !== null) return shown;\n  }",
      },
    ],
    test: attack("what is no token of this server is refused, also beside a good session"),
  },
  {
    name: "session-of-its-kind",
    protects: "A browser's secret is none for programs.",
    file: `${FILES}/sessions.ts`,
    edits: [
      {
        text: "where hash = $1 and kind = $2 and expires_at > $3",
        replacement: "where hash = $1 and (kind = $2 or true) and expires_at > $3",
      },
    ],
    test: attack("what is no token of this server is refused, also beside a good session"),
  },
  {
    name: "session-ends",
    protects: "A session is over after its time, however much it was used.",
    file: `${FILES}/sessions.ts`,
    edits: [
      { text: "and expires_at > $3 and seen_at", replacement: "and (expires_at > $3 or true) and seen_at" },
    ],
    test: signIn(
      "a session survives a restart of the server, ends after four hours without a request, and after twelve at most",
    ),
  },
  {
    name: "session-idle",
    protects: "A session that nobody uses is over.",
    file: `${FILES}/sessions.ts`,
    edits: [{ text: "and seen_at > $4`", replacement: "and (seen_at > $4 or true)`" }],
    test: signIn(
      "a session survives a restart of the server, ends after four hours without a request, and after twelve at most",
    ),
  },
  {
    name: "sign-out-at-the-server",
    protects: "A cookie that was kept is worth nothing after its owner signed out.",
    file: `${FILES}/sign-in-routes.ts`,
    edits: [{ text: `if (secret !== null) await sessions.end("browser", secret);`, replacement: "" }],
    test: signIn("who signs out is signed out, also where the cookie was kept; the provider asks again"),
  },
  {
    name: "password-compared",
    protects: "Nobody signs in with another password than theirs.",
    file: `${FILES}/built-in/password.ts`,
    edits: [{ text: "timingSafeEqual(derived, expected)", replacement: "timingSafeEqual(derived, derived)" }],
    test: signIn(
      "a second time the name and the password do; a wrong password and an unknown name are refused alike",
    ),
  },
  {
    name: "attempts-limited",
    protects: "Passwords and codes are not tried out one after the other.",
    file: `${FILES}/limits.ts`,
    edits: [{ text: "{ max: limits.attempts,", replacement: "{ max: limits.attempts * 100," }],
    test: attack(
      "more tries than a person makes are refused until the minute is over, whatever is tried and whoever is signed in",
    ),
  },
  {
    name: "limits-by-caller",
    protects: "One caller's flood does not shut the others out.",
    file: `${FILES}/limits.ts`,
    edits: [{ text: "request.principal?.id ?? addressOf(request)", replacement: "addressOf(request)" }],
    test: attack(
      "requests are counted by person, else by address: one caller's flood leaves the others alone",
    ),
  },
  {
    name: "bodies-limited",
    protects: "A body that no route takes is not read to its end.",
    file: `${FILES}/limits.ts`,
    edits: [{ text: "route.bodyLimit ??= limits.bodyBytes;", replacement: "" }],
    test: attack("a body that is larger than its route takes is refused: 256 KiB, and 4 KiB of a form"),
  },
  {
    name: "sign-in-unlogged",
    protects: "No code or state of a sign-in is in a log.",
    file: `${FILES}/request-log.ts`,
    edits: [{ text: "return SECRETIVE.test(path) ?", replacement: "return !SECRETIVE.test(path) ?" }],
    test: attack("secrets stand in no log, no answer and no event, whatever goes wrong with them"),
  },
  {
    name: "cookies-out-of-reach",
    protects: "No script reads a session.",
    file: `${FILES}/cookies.ts`,
    edits: [{ text: "httpOnly: true", replacement: "httpOnly: false" }],
    test: attack(
      "cookies are out of reach for scripts and for other sites' pages, and sessions are not for other hosts",
    ),
  },
  {
    name: "policy-of-pages",
    protects: "No page of ours runs a script from elsewhere, or stands in another's frame.",
    file: `${FILES}/headers.ts`,
    edits: [{ text: `defaultSrc: ["'self'"]`, replacement: `defaultSrc: ["*"]` }],
    test: attack("every answer carries the headers that keep a page to itself, refusals too"),
  },
  {
    name: "host-not-believed",
    protects: "No address of the identity provider is made of what a request says of its host.",
    file: `${FILES}/built-in/provider.ts`,
    edits: [{ text: "raw.headers.host = new URL(parts.publicUrl()).host;", replacement: "" }],
    test: attack("addresses are made of the server's own, whatever host a request names"),
  },
  {
    name: "not-in-clear",
    protects: "Nobody's session goes over the wire in clear.",
    file: `${FILES}/sign-in-routes.ts`,
    edits: [{ text: "if (unsafe !== null) throw refuse(unsafe);", replacement: "" }],
    test: attack(
      "nobody signs in where their session would go over the wire in clear, or others reach the built-in provider",
    ),
  },
  {
    name: "away-is-not-nobody",
    protects: "While nobody can be told from anybody else, nobody is taken for signed out.",
    file: `${FILES}/authenticate.ts`,
    edits: [{ text: "throw refuse(unreachable());", replacement: "return null;" }],
    test: attack("while the database is away nobody is let in and nobody is taken for signed out"),
  },
  {
    name: "cli-verifier",
    protects: "A code for a command line is worth nothing to another program on the machine.",
    file: `${FILES}/cli-routes.ts`,
    edits: [{ text: " || !proves(exchange.data.verifier, waiting.challenge)", replacement: "" }],
    test: cli("a code is good once, for a minute, and for whoever knows the verifier alone"),
  },
  {
    name: "cli-lets-none-in",
    protects: "A stolen token of a command line makes no further ones.",
    file: `${FILES}/cli-routes.ts`,
    edits: [{ text: ` || request.headers.authorization !== undefined)`, replacement: ")" }],
    test: cli("a command line lets no other in, and no address leads elsewhere than to this machine"),
  },
  {
    name: "cli-answer-asked-for",
    protects: "A command line takes no answer that it did not ask for.",
    file: "apps/cli/src/remote/loopback-answer.ts",
    edits: [{ text: ` || url.searchParams.get("state") !== state`, replacement: "" }],
    test: inTest("cli-login")(
      "baton login: a person says yes in the browser, the token is in a file of theirs alone; baton logout ends it",
    ),
  },
];
