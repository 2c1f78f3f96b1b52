import type { SchemaPath } from '@fairlead/resources';
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/**
 * Lines of fields, found only when somebody asks: the objects are read without positions, which is many times faster. Remembers the last
 * document that was asked for, since questions come in rows.
 */
export class Positions {
  #text: string | null = null;
  #document: Document | null = null;
  #lines = new LineCounter();

  /** The line of the field at `path`, or of its nearest ancestor that is there; 1-based within `text`. */
  lineOf(text: string, path: SchemaPath): number {
    if (path.length === 0) return firstLine(text);
    this.#read(text);
    let node: unknown = this.#document!.contents;
    let offset = startOf(node);
    for (const step of path) {
      const next = childOf(node, step);
      if (next === null) break;
      offset = startOf(next.at) ?? offset;
      node = next.node;
    }
    return offset === null ? firstLine(text) : this.#lines.linePos(offset).line;
  }

  #read(text: string): void {
    if (this.#text === text) return;
    this.#lines = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: this.#lines, ...yamlOptions });
    this.#text = text;
  }
}

/** As Kubernetes' own tools read YAML. */
export const yamlOptions = { merge: true, prettyErrors: false, logLevel: 'silent' } as const;

function childOf(node: unknown, step: string | number): { readonly at: unknown; readonly node: unknown } | null {
  if (isMap(node)) {
    const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(step));
    return pair === undefined ? null : { at: pair.key, node: pair.value };
  }
  if (!isSeq(node) || typeof step !== 'number') return null;
  const item = node.items[step];
  return item === undefined ? null : { at: item, node: item };
}

function startOf(node: unknown): number | null {
  const range = (node as { readonly range?: readonly number[] | null } | null)?.range;
  return range?.[0] ?? null;
}

/** The first line with content. */
function firstLine(text: string): number {
  const lines = text.split('\n', 1_000);
  const found = lines.findIndex((line) => !/^(?:---)?\s*(?:#|$)/.test(line));
  return found < 0 ? 1 : found + 1;
}
