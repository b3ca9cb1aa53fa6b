/** The sign-in page: a plain form that needs no script, posts to its own address, and is never cached. */
export function loginForm(options: { readonly refused: boolean; readonly username: string }): string {
  const note = options.refused
    ? '<p role="alert">This user name and password do not belong together.</p>'
    : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to D.Coder</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem; }
label { display: block; margin: 1rem 0; }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: 0.4rem; }
button { font: inherit; padding: 0.4rem 1.2rem; }
</style>
</head>
<body>
<h1>Sign in to D.Coder</h1>
${note}
<form method="post">
<label>User name <input name="username" autocomplete="username" required value="${escapeHtml(options.username)}"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button type="submit">Sign in</button>
</form>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? "");
