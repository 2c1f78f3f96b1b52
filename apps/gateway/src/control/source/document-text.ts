/** One document of a YAML file, as it stands there. */
export interface DocumentText {
  /** Without the line break before the next `---`; with its own `---`, if it has one. */
  readonly text: string;
  /** Of its first line in the file; 1-based. */
  readonly line: number;
}

/**
 * A file cut into its documents without parsing it, so that an edit costs the documents it touches: a line `---` or `...` separates
 * documents wherever it stands (YAML 1.2 §9.1.2: not even a block scalar can contain one). Directives (`%YAML`) stay with their document.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  let startLine = 1;
  let line = 1;
  const cut = (end: number, next: number, nextLine: number): void => {
    if (end > start) documents.push({ text: text.slice(start, end), line: startLine });
    start = next;
    startLine = nextLine;
  };
  for (let at = 0; at < text.length; line++) {
    const marker = markerAt(text, at);
    const next = lineEnd(text, at) + 1;
    if (marker === '---' && !isDirectives(text, start, at)) cut(at, at, line);
    if (marker === '...') cut(at, next, line + 1);
    at = next;
  }
  cut(text.length, text.length, line);
  return documents;
}

function markerAt(text: string, at: number): '---' | '...' | null {
  const marker = text.startsWith('---', at) ? '---' : text.startsWith('...', at) ? '...' : null;
  if (marker === null) return null;
  const behind = text[at + 3];
  return behind === undefined || behind === '\n' || behind === ' ' || behind === '\t' || behind === '\r'
    ? marker
    : null;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** Directives open a document before its `---`. */
function isDirectives(text: string, start: number, end: number): boolean {
  const before = text.slice(start, end);
  if (!before.includes('%')) return false;
  const lines = before.split('\n');
  return lines.some((line) => line.startsWith('%')) && lines.every((line) => /^(?:%|#|\s*$)/.test(line));
}
