import type { ReactNode } from "react";
import { toggleTheme } from "../../frame/theme.ts";
import { Button } from "../../ui/button.tsx";
import "../../ui/controls.css";
import "./sign-in.css";

/** The door: says what Baton is, where one signs in, and where a laptop's one-time code is. */
export function SignIn({
  returnTo,
  refused,
}: {
  readonly returnTo: string;
  readonly refused: string | null;
}): ReactNode {
  return (
    <main className="door">
      <div className="door-card">
        <svg viewBox="0 0 32 32" width="40" height="40" aria-hidden="true">
          <path d="M8.5 23.5 23.5 8.5" stroke="var(--strong)" strokeWidth="3.2" strokeLinecap="round" />
          <circle cx="9.4" cy="22.6" r="3.6" fill="var(--blue-solid)" />
        </svg>
        <h1>Sign in to Baton</h1>
        <p className="quiet">
          Releases are planned, approved and watched by people with names. Every act is journaled with yours.
        </p>
        {refused !== null && (
          <p className="door-refused" role="alert">
            {refused}
          </p>
        )}
        <a
          className="link-button"
          data-look="primary"
          href={`/auth/login?return=${encodeURIComponent(returnTo)}`}
        >
          Sign in with your provider
        </a>
        <p className="door-hint quiet">
          On a laptop: the first sign-in asks for a one-time code. <code>baton serve</code> and{" "}
          <code>npm start</code> print it when they start.
        </p>
      </div>
      <Button look="ghost" size="small" onClick={toggleTheme}>
        Light or dark
      </Button>
    </main>
  );
}
