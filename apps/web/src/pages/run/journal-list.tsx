import { type RunEvent, renderCount } from "@baton/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef } from "react";
import { Empty } from "../../ui/empty.tsx";
import { StateMark } from "../../ui/mark.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { clockOf, zoneName } from "../../ui/time.tsx";
import { eventWords } from "./event-words.ts";
import "../../ui/table.css";
import "./journal-list.css";

/** An event of the run, with its place in the journal. */
export interface JournalItem {
  readonly position: number;
  readonly at: number;
  readonly event: RunEvent;
}

/** The run's journal, the newest first, as a quiet list with a filter. */
export function JournalList({
  items,
  filter,
  onFilter,
}: {
  readonly items: readonly JournalItem[];
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
}): ReactNode {
  const scroll = useRef<HTMLElement>(null);
  const shown = useMemo(() => {
    const wanted = filter.trim().toLowerCase();
    const told = items.map((item) => ({ ...item, ...eventWords(item.event) }));
    const kept =
      wanted === ""
        ? told
        : told.filter((item) => `${item.event.type} ${item.words}`.toLowerCase().includes(wanted));
    return kept.reverse();
  }, [items, filter]);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 30,
    getItemKey: (at) => shown[at]?.position ?? at,
    overscan: 12,
  });
  return (
    <>
      <div className="toolbar">
        <SearchField label="Filter events" value={filter} onChange={onFilter} />
        <span className="quiet journal-count">
          {renderCount(shown.length, "event")} · times in {zoneName()}
        </span>
      </div>
      {shown.length === 0 ? (
        <Empty title={items.length === 0 ? "Nothing has happened yet" : "No event matches"}>
          {items.length === 0
            ? "The journal fills as soon as the run is approved and begins."
            : "Take words out of the filter, or clear it."}
        </Empty>
      ) : (
        <Scroll ref={scroll} className="journal-scroll" label="Events, the newest first">
          <ol style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((row) => {
              const item = shown[row.index];
              if (item === undefined) return null;
              return (
                <li
                  key={row.key}
                  ref={rows.measureElement}
                  data-index={row.index}
                  className="journal-item"
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <time className="mono quiet" dateTime={new Date(item.at).toISOString()}>
                    {clockOf(item.at)}
                  </time>
                  <StateMark mark={item.mark} />
                  <span className="journal-words">{item.words}</span>
                  <span className="mono quiet journal-position">{item.position}</span>
                </li>
              );
            })}
          </ol>
        </Scroll>
      )}
    </>
  );
}
