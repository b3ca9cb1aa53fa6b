import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Icon, type IconName } from "../ui/icon.tsx";
import "./palette.css";

/** Something the palette leads to or does. */
export interface PaletteItem {
  readonly id: string;
  readonly group: string;
  readonly words: string;
  readonly hint?: string;
  readonly icon: IconName;
  readonly run: () => void;
}

/** The most that is listed; more words narrow it down. */
const MOST = 40;

/** Everything by its name: pages, runs, tenants, verbs. Opened with Ctrl K, worked with the keyboard alone. */
export function Palette({
  items,
  onClose,
}: {
  readonly items: readonly PaletteItem[];
  readonly onClose: () => void;
}): ReactNode {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const ref = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = useMemo(() => matching(items, text).slice(0, MOST), [items, text]);
  const active = Math.min(at, Math.max(0, found.length - 1));
  // Closed while it still stands in the page: only then the browser gives the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  useEffect(() => {
    list.current?.querySelector(`[data-at="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const choose = (item: PaletteItem | undefined) => {
    if (item === undefined) return;
    onClose();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = { ArrowDown: active + 1, ArrowUp: active - 1 };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setAt((next + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(found[active]);
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is for the scrim alone.
    <dialog
      ref={ref}
      className="palette"
      aria-label="Command palette"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className="palette-field">
        <Icon name="search" />
        <input
          className="palette-input"
          role="combobox"
          aria-label="Search or command"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length === 0 ? undefined : `${id}-${active}`}
          autoComplete="off"
          spellCheck={false}
          placeholder="Go to, find, or do…"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <div
        ref={list}
        id={`${id}-list`}
        className="palette-list"
        role="listbox"
        aria-label="Results"
        tabIndex={-1}
      >
        {found.map((item, position) => (
          <div key={item.id}>
            {item.group !== found[position - 1]?.group && (
              <div className="palette-group" aria-hidden="true">
                {item.group}
              </div>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and takes Enter. */}
            <div
              id={`${id}-${position}`}
              className="palette-item"
              role="option"
              aria-selected={position === active}
              tabIndex={-1}
              data-at={position}
              onClick={() => choose(item)}
              onPointerMove={() => setAt(position)}
            >
              <Icon name={item.icon} />
              <span className="palette-words">{item.words}</span>
              {item.hint !== undefined && <span className="palette-hint">{item.hint}</span>}
            </div>
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p className="palette-none">Nothing is called “{text}”. Try a page, a run, or a tenant.</p>
      )}
    </dialog>
  );
}

/** Items in which every word of the text occurs; those that begin with it first, in the order given. */
function matching(items: readonly PaletteItem[], text: string): readonly PaletteItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items.filter((item) => item.group !== "Tenants");
  const hits = items.filter((item) => {
    const all = `${item.words} ${item.hint ?? ""} ${item.group}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const groups = [...new Set(hits.map((item) => item.group))];
  return groups.flatMap((group) => hits.filter((item) => item.group === group));
}
