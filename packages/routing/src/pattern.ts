import { RE2JS } from 're2js';

/**
 * A regular expression of a user, matched against the whole text in linear time (RE2 syntax). Compiled when first asked, because compiling
 * costs some 90 µs and a table with thousands must not stall the worker that receives it.
 */
export class Pattern {
  readonly source: string;
  #compiled: RE2JS | null = null;

  constructor(source: string) {
    this.source = source;
  }

  matches(text: string): boolean {
    this.#compiled ??= RE2JS.compile(this.source);
    return this.#compiled.testExact(text);
  }
}

/**
 * A path prefix, without trailing slash, that every path matching `pattern` lies under; '' when none is certain. `/api/v[0-9]+/.*` gives
 * `/api`. Lets patterns stand in the same index as prefixes, so that only those that can match are run.
 */
export function fixedDirectory(pattern: string): string {
  const literal = literalPrefix(pattern.startsWith('^') ? pattern.slice(1) : pattern);
  const end = literal.lastIndexOf('/');
  return end <= 0 || hasTopAlternative(pattern) ? '' : literal.slice(0, end);
}

const quantifiers = '?*{';

/** The characters before the first that means something else than itself. */
function literalPrefix(pattern: string): string {
  let literal = '';
  for (let i = 0; i < pattern.length; i++) {
    let c = pattern[i]!;
    if (c === '\\') {
      const escaped = pattern[i + 1];
      if (escaped === undefined || /[0-9A-Za-z]/.test(escaped)) return literal;
      c = escaped;
      i++;
    } else if ('^$.|?*+()[]{}'.includes(c)) return literal;
    const next = pattern[i + 1];
    if (next !== undefined && quantifiers.includes(next)) return literal;
    literal += c;
  }
  return literal;
}

/** True when in doubt: brackets and quotations may hold parentheses that do not count. */
function hasTopAlternative(pattern: string): boolean {
  if (!pattern.includes('|')) return false;
  if (pattern.includes('[') || pattern.includes('\\')) return true;
  let depth = 0;
  for (const c of pattern) {
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === '|' && depth === 0) return true;
  }
  return false;
}
