import type { ReactNode } from "react";
import { Empty } from "../ui/empty.tsx";
import "../ui/controls.css";
import "./sign-in/sign-in.css";

/** For whoever signed in and may look at nothing yet. */
export function NoRole(): ReactNode {
  return (
    <main className="door">
      <div className="door-card">
        <Empty title="You are signed in, and have no role yet">
          An administrator gives you one, or a one-time code that stands for one. The server prints the first
          code when it starts.
        </Empty>
        <a className="link-button" data-look="primary" href="/auth/join?return=/">
          I have a code
        </a>
      </div>
    </main>
  );
}
