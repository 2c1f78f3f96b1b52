import type { HostName, Match } from './match.ts';
import { Pattern } from './pattern.ts';
import type { MatchEntry, ValueMatch } from './table.ts';

/** A match entry ready to be tried. `match` is what a hit returns: made here, so that hits allocate nothing. */
export class PreparedEntry {
  readonly match: Match;
  /** Place in the host table: the smallest that matches wins. Moves when entries before it come or go. */
  order: number;
  readonly method: string;
  /** Set for paths of type regex; exact paths and prefixes are settled by where the entry is found. */
  readonly pathPattern: Pattern | null;
  readonly headers: readonly PreparedCondition[];
  readonly query: readonly PreparedCondition[];

  constructor(host: HostName, entry: MatchEntry, order: number) {
    this.match = { host, entry };
    this.order = order;
    this.method = entry.method;
    this.pathPattern = entry.path.type === 'regex' ? new Pattern(entry.path.value) : null;
    this.headers = entry.headers.length === 0 ? none : entry.headers.map(prepare);
    this.query = entry.query.length === 0 ? none : entry.query.map(prepare);
  }
}

/** A condition on a header or query parameter. */
export class PreparedCondition {
  readonly name: string;
  /** What an exact condition asks for. */
  readonly value: string;
  readonly pattern: Pattern | null;

  constructor({ name, type, value }: ValueMatch) {
    this.name = name;
    this.value = value;
    this.pattern = type === 'regex' ? new Pattern(value) : null;
  }

  /** `actual` is null when the request has no such header or parameter. */
  holds(actual: string | null): boolean {
    if (actual === null) return false;
    return this.pattern === null ? actual === this.value : this.pattern.matches(actual);
  }
}

const none: readonly PreparedCondition[] = [];

function prepare(condition: ValueMatch): PreparedCondition {
  return new PreparedCondition(condition);
}
