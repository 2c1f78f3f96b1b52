import { escapedOctet } from './path.ts';

/**
 * The parameters of one request's query, first value of each, decoded like a form: `+` is a space, escapes are UTF-8; a broken escape
 * stands for itself. Parsed when first asked, and once however many conditions ask: a query of n parameters against m conditions costs
 * n + m. Bounded by the length of the target.
 */
export class QueryParams {
  #query: string = '';
  #parsed: boolean = true;
  readonly #values: Map<string, string> = new Map();

  /** Takes the query of the next request, without `?`. */
  reset(query: string): void {
    this.#query = query;
    this.#parsed = false;
  }

  /** Null when the parameter is absent. */
  first(name: string): string | null {
    if (!this.#parsed) this.#parse();
    return this.#values.get(name) ?? null;
  }

  #parse(): void {
    this.#parsed = true;
    this.#values.clear();
    const query = this.#query;
    for (let start = 0; start < query.length; ) {
      const ampersand = query.indexOf('&', start);
      const end = ampersand < 0 ? query.length : ampersand;
      if (end > start) this.#add(query.slice(start, end));
      start = end + 1;
    }
  }

  #add(pair: string): void {
    const equals = pair.indexOf('=');
    const name = decodeFormText(equals < 0 ? pair : pair.slice(0, equals));
    if (!this.#values.has(name)) this.#values.set(name, equals < 0 ? '' : decodeFormText(pair.slice(equals + 1)));
  }
}

/** `text` as in application/x-www-form-urlencoded. What is not an escape, or not UTF-8, is left as it stands. */
export function decodeFormText(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(protectBrokenEscapes(spaced));
  } catch {
    return spaced;
  }
}

/** Writes `%` as `%25` where no escape follows. */
function protectBrokenEscapes(text: string): string {
  let out = '';
  let copied = 0;
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 1)) {
    if (escapedOctet(text, at) >= 0) continue;
    out += `${text.slice(copied, at)}%25`;
    copied = at + 1;
  }
  return out + text.slice(copied);
}
