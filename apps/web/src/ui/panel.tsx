import { type ReactNode, useId } from "react";
import "./panel.css";

interface PanelProps {
  readonly title: ReactNode;
  /** Right of the title: figures, filters, buttons. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Content up to the edges, for tables and drawings. */
  readonly flush?: boolean;
}

/** A part of a page with a heading: a line above it, no box around what needs none. */
export function Panel({ title, aside, children, flush = false }: PanelProps): ReactNode {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id} data-flush={flush || undefined}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="panel-aside">{aside}</div>}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}

/** The top of a page: what it is about, in one line, and what one can do about all of it. */
export function PageHead({
  title,
  about,
  actions,
}: {
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
}): ReactNode {
  return (
    <header className="page-head">
      <div className="page-head-words">
        <h1>{title}</h1>
        {about !== undefined && <p className="page-about">{about}</p>}
      </div>
      {actions !== undefined && <div className="page-actions">{actions}</div>}
    </header>
  );
}

/** Facts beside their names, in columns that wrap. */
export function Facts({ children }: { readonly children: ReactNode }): ReactNode {
  return <dl className="facts">{children}</dl>;
}

/** One fact: its name, and the figure or words. `note` says what the figure needs said. */
export function Fact({
  name,
  children,
  note,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly note?: ReactNode;
}): ReactNode {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>
        <span className="fact-value">{children}</span>
        {note !== undefined && <span className="fact-note">{note}</span>}
      </dd>
    </div>
  );
}
