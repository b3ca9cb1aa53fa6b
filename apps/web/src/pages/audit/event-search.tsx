import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue, useState } from "react";
import { type EventSearch, queries } from "../../api/queries.ts";
import { readEvent } from "../../api/read-event.ts";
import type { EventBody } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { Icon } from "../../ui/icon.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Panel } from "../../ui/panel.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Moment, zoneName } from "../../ui/time.tsx";
import { eventWords } from "../run/event-words.ts";

/** The journal's events, the newest first, narrowed down by text, kind or stream; each opens to its bytes. */
export function EventSearchPanel({
  environment,
  search,
  onSearch,
}: {
  readonly environment: string;
  readonly search: EventSearch;
  readonly onSearch: (change: EventSearch) => void;
}): ReactNode {
  const asked = useDeferredValue(search);
  const found = useInfiniteQuery(queries.events(environment, asked));
  const [open, setOpen] = useState<number | null>(null);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const narrowed = Object.values(search).some((value) => value !== undefined && value !== "");
  const set = (name: keyof EventSearch) => (value: string) => onSearch({ [name]: value || undefined });
  return (
    <Panel flush title="Events" aside={<span>newest first, times in {zoneName()}</span>}>
      <div className="toolbar">
        <SearchField
          label="Any text, such as a name or a tenant"
          value={search.text ?? ""}
          onChange={set("text")}
        />
        <SearchField label="Kind, such as run.approved" value={search.type ?? ""} onChange={set("type")} />
        <SearchField label="Stream, such as run/ID" value={search.stream ?? ""} onChange={set("stream")} />
      </div>
      {found.error !== null ? (
        <div className="panel-body">
          <Failure error={found.error} again={() => found.refetch()} />
        </div>
      ) : found.data === undefined ? (
        <Skeleton height={320} />
      ) : items.length === 0 ? (
        <Empty title={narrowed ? "No event matches" : "The journal is empty"}>
          {narrowed
            ? "Take words out of the search, or look further back."
            : "It begins with the first run that is opened."}
        </Empty>
      ) : (
        <ol>
          {items.map((event) => (
            <EventItem
              key={event.position}
              event={event}
              open={open === event.position}
              onToggle={() => setOpen(open === event.position ? null : event.position)}
            />
          ))}
        </ol>
      )}
      {found.hasNextPage && (
        <div className="panel-body">
          <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Look further back
          </Button>
        </div>
      )}
    </Panel>
  );
}

function EventItem({
  event,
  open,
  onToggle,
}: {
  readonly event: EventBody;
  readonly open: boolean;
  readonly onToggle: () => void;
}): ReactNode {
  const known = readEvent(event);
  const told = known === null ? { mark: "to-come" as const, words: event.type } : eventWords(known);
  return (
    <li className="event-item">
      <button type="button" className="event-row" aria-expanded={open} onClick={onToggle}>
        <StateMark mark={told.mark} />
        <span className="event-words">{told.words}</span>
        <span className="mono quiet event-type">{event.type}</span>
        <span className="mono quiet event-stream">{event.stream}</span>
        <span className="quiet event-time">
          <Moment at={event.at} />
        </span>
        <span className="gantt-turn" data-open={open || undefined}>
          <Icon name="right" size={12} />
        </span>
      </button>
      {open && (
        <div className="event-open">
          <dl className="input-table mono">
            <Line name="position">{event.position}</Line>
            <Line name="stream">{`${event.stream} event ${event.seq}, epoch ${event.epoch}`}</Line>
            <Line name="hash">{event.hash}</Line>
            <Line name="previous">{event.previous}</Line>
          </dl>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <pre className="event-data" tabIndex={0}>
            {JSON.stringify(event.data, null, 2)}
          </pre>
        </div>
      )}
    </li>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
