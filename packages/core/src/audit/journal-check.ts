import type { Sha256 } from "../plan/hash.ts";
import type { JournalRow } from "../ports/journal-audit.ts";
import type { Problem } from "../problem.ts";
import { eventHash, NO_HASH } from "./chain.ts";
import { checkFanOutEnd } from "./fan-out-end.ts";
import { Findings, finding, type StreamHead } from "./finding.ts";
import { HeadTree } from "./head-tree.ts";
import { LogTree, logRoot } from "./log-tree.ts";
import type { Statement } from "./statement.ts";

/** The last event of a stream that was taken. */
interface End extends StreamHead {
  readonly position: number;
  readonly type: string;
}

export interface JournalCheckOptions {
  /** Statements whose signatures are good, in the order of their numbers. */
  readonly statements: readonly Statement[];
  /**
   * Which streams are looked at, all of each: those at or below a name. "" is the whole journal; with less positions may leap,
   * and the roots cannot be made anew.
   */
  readonly prefix: string;
  readonly sha256: Sha256;
}

/**
 * Looks at a journal event by event, in the order of positions, and remembers no more than where each stream ends. Codes:
 * `BATON-AUDIT-EDITED`, `-REMOVED`, `-REORDERED`, `-BROKEN`, `-HEAD`, `-ROOT` by the events alone; `-CUT`, `-REWRITTEN`, `-SIGNED`
 * against the statements; `-ENDS` against the journal's own list of heads.
 */
export class JournalCheck {
  readonly findings = new Findings();
  readonly #options: JournalCheckOptions;
  readonly #ends = new Map<string, End>();
  readonly #log: LogTree;
  readonly #heads: HeadTree;
  readonly #whole: boolean;
  #position = 0;
  #events = 0;
  #next = 0;
  /** Position up to which the last statement that fitted covers the journal. */
  #sound = 0;
  #behindSince: number | null = null;
  #rootsFit = true;

  constructor(options: JournalCheckOptions) {
    this.#options = options;
    this.#whole = options.prefix === "";
    this.#log = new LogTree(options.sha256);
    this.#heads = new HeadTree(options.sha256);
  }

  get events(): number {
    return this.#events;
  }

  get streams(): number {
    return this.#ends.size;
  }

  /** Position of the last event. */
  get position(): number {
    return this.#position;
  }

  /** Position up to which all is as it was signed. */
  get signedTo(): number {
    return this.#sound;
  }

  /** When the first event behind it was written, milliseconds since 1970; null where nothing is behind it. */
  get behindSince(): number | null {
    return this.#behindSince;
  }

  take(row: JournalRow): void {
    this.#compareUpTo(row.position - 1);
    this.#events++;
    this.#checkPosition(row);
    const before = this.#ends.get(row.stream);
    const problem = this.#checkLink(row, before) ?? this.#checkContent(row);
    if (problem !== null) this.findings.add(problem);
    const { stream, seq, hash, position, type } = row;
    if (seq > (before?.seq ?? 0)) {
      this.#ends.set(stream, { stream, seq, hash, position, type });
      if (this.#whole) this.#heads.set({ stream, hash });
    }
    if (this.#whole) this.#log.add(hash);
    this.findings.add(...checkFanOutEnd(row, (name) => this.#ends.get(name)?.hash, this.#options.sha256));
    this.#behindSince ??= row.at;
    this.#compareUpTo(row.position);
  }

  /** After the last event: what was signed and is not there, and the list of heads the journal keeps (null: none is at hand). */
  end(heads: readonly StreamHead[] | null): void {
    this.#compareUpTo(this.#whole ? this.#position : Number.POSITIVE_INFINITY);
    const cut = this.#options.statements.slice(this.#next);
    const last = cut.at(-1);
    if (last !== undefined) this.#reportCut(cut, last);
    if (heads !== null) this.findings.add(...this.#checkHeads(heads));
  }

  #isBelow(stream: string): boolean {
    const { prefix } = this.#options;
    return this.#whole || stream === prefix || stream.startsWith(`${prefix}/`);
  }

  #checkPosition(row: JournalRow): void {
    const { stream, seq, position, type } = row;
    const place = { stream, seq, position, type };
    if (position <= this.#position)
      this.findings.add(
        finding("REORDERED", `Position ${position} comes behind position ${this.#position}.`, place),
      );
    else if (this.#whole && position > this.#position + 1) {
      const last = position - 1;
      const which =
        last === this.#position + 1
          ? `Position ${last} is`
          : `Positions ${this.#position + 1} to ${last} are`;
      this.findings.add(
        finding("REMOVED", `${which} empty: events were removed in front of event ${seq} of ${stream}.`, {
          ...place,
          position: this.#position + 1,
        }),
      );
    }
    this.#position = Math.max(this.#position, position);
  }

  #checkLink(row: JournalRow, before: End | undefined): Problem | null {
    const { stream, position, type } = row;
    const seq = before?.seq ?? 0;
    if (row.seq <= seq)
      return finding("REORDERED", `Stream ${stream} holds event ${row.seq} (${type}) behind event ${seq}.`, {
        stream,
        seq: row.seq,
        position,
        type,
      });
    if (row.seq > seq + 1) {
      const last = row.seq - 1;
      const which = last === seq + 1 ? `event ${last}` : `events ${seq + 1} to ${last}`;
      return finding(
        "REMOVED",
        `Stream ${stream} lacks ${which}, in front of position ${position} (${type}).`,
        {
          stream,
          seq: seq + 1,
          position,
          type,
        },
      );
    }
    if (row.previous === (before?.hash ?? NO_HASH)) return null;
    return finding(
      "BROKEN",
      `Stream ${stream} breaks at event ${row.seq} (${type}): it was not written behind event ${seq}.`,
      { stream, seq: row.seq, position, type },
    );
  }

  #checkContent(row: JournalRow): Problem | null {
    const { stream, seq, position, type } = row;
    if (eventHash(row.previous, { ...row, text: row.data }, this.#options.sha256) === row.hash) return null;
    return finding("EDITED", `Stream ${stream} was changed at event ${seq} (${type}).`, {
      stream,
      seq,
      position,
      type,
    });
  }

  /** Compares with every statement whose position has been reached. */
  #compareUpTo(position: number): void {
    for (
      let s = this.#options.statements[this.#next];
      s !== undefined;
      s = this.#options.statements[this.#next]
    ) {
      if (s.position > position) return;
      this.#next++;
      this.#compare(s);
    }
  }

  #compare(statement: Statement): void {
    const moved = this.#movedProblems(statement);
    this.findings.add(...moved);
    const fits = moved.length === 0 && this.#rootsOf(statement);
    if (fits) {
      if (this.#rootsFit) {
        // Compared as soon as its position is reached: no event behind it was taken yet.
        this.#sound = statement.position;
        this.#behindSince = null;
      }
      return;
    }
    // All later roots cover the same place: it is told once.
    if (this.#rootsFit && moved.length === 0) this.findings.add(this.#notAsSigned(statement));
    this.#rootsFit = false;
  }

  #rootsOf(statement: Statement): boolean {
    if (!this.#whole) return true;
    const { sha256 } = this.#options;
    return (
      this.#log.size === statement.position &&
      logRoot(this.#log.peaks, sha256) === logRoot(statement.events, sha256) &&
      this.#heads.size === statement.streams &&
      this.#heads.root() === statement.heads
    );
  }

  #movedProblems({ number, moved }: Statement): readonly Problem[] {
    return moved.flatMap(({ stream, seq, hash }): readonly Problem[] => {
      const end = this.#ends.get(stream);
      if (end === undefined) {
        if (!this.#isBelow(stream)) return [];
        const words = `Stream ${stream} is gone: statement ${number} signed its events 1 to ${seq}.`;
        return [finding("CUT", words, { stream, seq: 1, statement: number })];
      }
      const { position, type } = end;
      if (end.seq < seq) {
        const words = `Stream ${stream} ended at event ${end.seq} (${type}) where statement ${number} signed ${seq} events.`;
        return [finding("CUT", words, { stream, seq: end.seq + 1, position, type, statement: number })];
      }
      if (end.seq === seq && end.hash === hash) return [];
      const words = `Stream ${stream} is not the one that statement ${number} signed up to event ${seq}: its chain was computed anew at or before position ${position} (${type}), after position ${this.#sound}.`;
      return [finding("REWRITTEN", words, { stream, seq, position, type, statement: number })];
    });
  }

  #notAsSigned({ number, position }: Statement): Problem {
    return finding(
      "SIGNED",
      `The events from position ${this.#sound + 1} to ${position} are not those that statement ${number} signed, or stand in another order; every chain holds, so somebody computed it anew.`,
      { position: this.#sound + 1, upTo: position, statement: number },
    );
  }

  #reportCut(cut: readonly Statement[], last: Statement): void {
    const { number, position } = last;
    if (this.#whole)
      this.findings.add(
        finding(
          "CUT",
          `The journal ends at position ${this.#position}; statement ${number} signed ${position} events.`,
          { position: this.#position + 1, upTo: position, statement: number },
        ),
      );
    const latest = new Map(
      cut.flatMap(({ number: at, moved }) => moved.map((head) => [head.stream, { head, at }])),
    );
    for (const { head, at } of latest.values()) {
      const end = this.#ends.get(head.stream);
      if ((end?.seq ?? 0) >= head.seq || !this.#isBelow(head.stream)) continue;
      const seq = end?.seq ?? 0;
      this.findings.add(
        finding(
          "CUT",
          `Stream ${head.stream} ends at event ${seq}${end ? ` (${end.type})` : ""}; statement ${at} signed ${head.seq}.`,
          {
            stream: head.stream,
            seq: seq + 1,
            ...(end ? { position: end.position, type: end.type } : {}),
            statement: at,
          },
        ),
      );
    }
  }

  #checkHeads(heads: readonly StreamHead[]): readonly Problem[] {
    const listed = new Map(heads.map((head) => [head.stream, head]));
    const names = new Set([...listed.keys(), ...this.#ends.keys()]);
    return [...names].flatMap((stream) => {
      const [head, end] = [listed.get(stream), this.#ends.get(stream)];
      if (head !== undefined && head.seq === end?.seq && head.hash === end.hash) return [];
      const place = {
        stream,
        seq: end?.seq ?? 0,
        ...(end ? { position: end.position, type: end.type } : {}),
      };
      if ((head?.seq ?? 0) > (end?.seq ?? 0))
        return [
          finding(
            "CUT",
            `Stream ${stream} ends at event ${end?.seq ?? 0}; the journal's list of ends says ${head?.seq}.`,
            {
              ...place,
              seq: (end?.seq ?? 0) + 1,
            },
          ),
        ];
      const words = head === undefined ? "does not name it" : "says otherwise";
      return [
        finding(
          "ENDS",
          `Stream ${stream} ends at event ${end?.seq ?? 0}, and the journal's list of ends ${words}.`,
          place,
        ),
      ];
    });
  }
}
