/**
 * A reader for the part of YAML that manifests are written in: block maps and lists, scalars on one line, literal blocks (`|`, `|-`), flow
 * collections on one line, comments. Whatever else a document uses, and every document with an error, is left to the full parser.
 * Why: 5,000 HTTPRoutes take the `yaml` package 1.5 s, this 60 ms. A differential test holds it to reading exactly what `yaml` reads.
 */

/** The full parser has to read this document. */
export const notPlain: unique symbol = Symbol('not plain');

/** The value of one document, an opening `---` included; null for an empty one. */
export function parsePlainYaml(text: string): unknown {
  if (text.charCodeAt(0) === 0xfeff) return notPlain;
  const reader = new PlainReader(text);
  try {
    return reader.readDocument();
  } catch (error) {
    if (error === bail) return notPlain;
    throw error;
  }
}

const bail = new Error('not plain YAML');

/** Also the words of YAML 1.1 are left to the full parser: they are strings to it, but this reader takes no part in the question. */
const plainKey = /^[A-Za-z_.][A-Za-z0-9_./-]*(?=:(?: |$))/;
const word = /^(?:null|true|false|y|n|yes|no|on|off|[.](?:inf|nan)|__proto__)$/i;
const numeric =
  /^[-+]?(?:[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[.][0-9]+|[0-9]+[.][0-9]*)(?:[eE][-+]?[0-9]+)?$|^[-+]?[.](?:inf|nan)$/i;
const integer = /^(?:0|-?[1-9][0-9]{0,14})$/;
const doubleQuoted = /^"(?:[^"\\\t]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/;
const singleQuoted = /^'(?:[^'\t]|'')*'/;
const indicators = '-?:,[]{}#&*!|>\'"%@`';

class PlainReader {
  readonly #text: string;
  /** Behind the current line. */
  #next = 0;
  /** Columns before the content of the current line; -1 behind the last line. */
  #indent = -1;
  /** Content of the current line, without indentation and trailing white space. Comments behind content are still there. */
  #line = '';

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): unknown {
    this.#advance();
    if (this.#indent === 0 && /^---(?:$| +#| *$)/.test(this.#line)) this.#advance();
    if (this.#indent < 0) return null;
    if (this.#indent !== 0 || this.#isItem()) throw bail;
    const value = this.#readMap(0);
    if (this.#indent >= 0) throw bail;
    return value;
  }

  /** To the next line with content. */
  #advance(): void {
    while (this.#next < this.#text.length) {
      const indent = this.#nextLine();
      if (this.#line === '' || this.#line.charCodeAt(0) === HASH) continue;
      this.#indent = indent;
      return;
    }
    this.#indent = -1;
    this.#line = '';
  }

  /** Takes the next line as it is; returns its indentation. */
  #nextLine(): number {
    const text = this.#text;
    const start = this.#next;
    let end = text.indexOf('\n', start);
    const broken = end >= 0;
    if (!broken) end = text.length;
    this.#next = end + 1;
    let at = start;
    while (at < end && text.charCodeAt(at) === SPACE) at++;
    if (broken && end > at && text.charCodeAt(end - 1) === RETURN) end--;
    while (end > at && text.charCodeAt(end - 1) === SPACE) end--;
    this.#line = text.slice(at, end);
    if (this.#line.includes('\t') || this.#line.includes('\r')) throw bail;
    return at - start;
  }

  #isItem(): boolean {
    return this.#line.charCodeAt(0) === DASH && (this.#line.length === 1 || this.#line.charCodeAt(1) === SPACE);
  }

  /** The map whose keys stand in column `indent`; the current line is its first. */
  #readMap(indent: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    while (this.#indent === indent && !this.#isItem()) {
      const key = plainKey.exec(this.#line)?.[0];
      if (key === undefined || word.test(key) || numeric.test(key) || Object.hasOwn(map, key)) throw bail;
      map[key] = this.#readValue(this.#line.slice(key.length + 1).trimStart(), indent, true);
    }
    if (this.#indent > indent) throw bail;
    return map;
  }

  #readList(indent: number): unknown[] {
    const list: unknown[] = [];
    while (this.#indent === indent && this.#isItem()) list.push(this.#readItem(indent));
    if (this.#indent > indent) throw bail;
    return list;
  }

  #readItem(indent: number): unknown {
    const rest = this.#line.slice(1).trimStart();
    if (plainKey.test(rest)) {
      this.#indent = indent + this.#line.length - rest.length;
      this.#line = rest;
      return this.#readMap(this.#indent);
    }
    return this.#readValue(rest, indent, false);
  }

  /** What stands behind `key:` or `-`, at the end of a line whose map or list is indented by `indent`, or below it. */
  #readValue(text: string, indent: number, inMap: boolean): unknown {
    const first = text.charCodeAt(0);
    if (text === '' || first === HASH) return this.#readNested(indent, inMap);
    if (first === PIPE) return this.#readLiteral(text, indent);
    const value = readInline(text);
    this.#advance();
    // A deeper line would continue the scalar.
    if (this.#indent > indent) throw bail;
    return value;
  }

  #readNested(indent: number, inMap: boolean): unknown {
    this.#advance();
    if (this.#isItem() && (this.#indent > indent || (inMap && this.#indent === indent)))
      return this.#readList(this.#indent);
    if (this.#indent > indent) return this.#readMap(this.#indent);
    return null;
  }

  /** A block of text: `|` keeps its last line break, `|-` does not. */
  #readLiteral(header: string, indent: number): string {
    if (header !== '|' && header !== '|-') throw bail;
    const lines: string[] = [];
    let blockIndent = -1;
    while (this.#next < this.#text.length) {
      const start = this.#next;
      const end = this.#text.indexOf('\n', start);
      const line = this.#text.slice(start, end < 0 ? this.#text.length : end);
      const content = line.search(/[^ ]/);
      if (content < 0) {
        // Blank lines first, or longer than the block is indented, have rules of their own.
        if (blockIndent < 0 || line.length > blockIndent) throw bail;
      } else if (blockIndent < 0) {
        blockIndent = content;
      }
      if (blockIndent <= indent || (content >= 0 && content < blockIndent)) break;
      if (line.includes('\r')) throw bail;
      lines.push(line.slice(blockIndent));
      this.#next = end < 0 ? this.#text.length : end + 1;
    }
    if (lines.length === 0) throw bail;
    this.#advance();
    if (this.#indent > indent) throw bail;
    const text = lines.join('\n').replace(/\n+$/, '');
    return header === '|' ? `${text}\n` : text;
  }
}

/** A scalar or flow collection that ends on its line. */
function readInline(text: string): unknown {
  const first = text[0]!;
  if (first === '{' || first === '[') return new FlowReader(text).readWhole();
  if (first === '"' || first === "'") {
    const quoted = quotedAt(text);
    if (!/^(?: +#.*)?$/.test(text.slice(quoted.length))) throw bail;
    return unquote(quoted);
  }
  const comment = text.indexOf(' #');
  const scalar = comment < 0 ? text : text.slice(0, comment).trimEnd();
  if (scalar.includes(': ') || scalar.endsWith(':')) throw bail;
  return readPlain(scalar);
}

function readPlain(text: string): unknown {
  const first = text[0]!;
  if (indicators.includes(first) && !(first === '-' && /^-[A-Za-z0-9]/.test(text))) throw bail;
  if (integer.test(text)) return Number(text);
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null' || text === '~') return null;
  if (word.test(text) || numeric.test(text)) throw bail;
  return text;
}

function quotedAt(text: string): string {
  const quoted = (text[0] === '"' ? doubleQuoted : singleQuoted).exec(text)?.[0];
  if (quoted === undefined) throw bail;
  return quoted;
}

function unquote(quoted: string): string {
  return quoted[0] === '"' ? (JSON.parse(quoted) as string) : quoted.slice(1, -1).replaceAll("''", "'");
}

/** `{ a: b, c: [1, "d"] }` */
class FlowReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readWhole(): unknown {
    const value = this.#readValue();
    if (!/^(?: *| +#.*)$/.test(this.#text.slice(this.#at))) throw bail;
    return value;
  }

  #readValue(): unknown {
    this.#skipSpaces();
    const first = this.#text[this.#at];
    if (first === '{') return this.#readMap();
    if (first === '[') return this.#readList();
    return this.#readScalar();
  }

  #readMap(): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    this.#at++;
    while (!this.#closes('}')) {
      const key = /^(?:[A-Za-z_][A-Za-z0-9_./-]*)(?=: )/.exec(this.#text.slice(this.#at))?.[0];
      if (key === undefined || word.test(key) || Object.hasOwn(map, key)) throw bail;
      this.#at += key.length + 1;
      map[key] = this.#readValue();
      this.#separate('}');
    }
    return map;
  }

  #readList(): unknown[] {
    const list: unknown[] = [];
    this.#at++;
    while (!this.#closes(']')) {
      list.push(this.#readValue());
      this.#separate(']');
    }
    return list;
  }

  #readScalar(): unknown {
    const rest = this.#text.slice(this.#at);
    const quoted = rest[0] === '"' || rest[0] === "'";
    const text = quoted ? quotedAt(rest) : (/^[^,[\]{}#:"'&*!|>%@`?]+/.exec(rest)?.[0] ?? '');
    this.#at += text.length;
    if (quoted) return unquote(text);
    const scalar = text.trimEnd();
    if (scalar === '') throw bail;
    return readPlain(scalar);
  }

  #closes(bracket: string): boolean {
    this.#skipSpaces();
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  /** A comma, or the end to come. */
  #separate(bracket: string): void {
    this.#skipSpaces();
    if (this.#text[this.#at] === ',') this.#at++;
    else if (this.#text[this.#at] !== bracket) throw bail;
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
  }
}

const SPACE = 0x20;
const HASH = 0x23;
const DASH = 0x2d;
const PIPE = 0x7c;
const RETURN = 0x0d;
