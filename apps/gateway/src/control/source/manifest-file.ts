import { readFileSync } from 'node:fs';
import { type DocumentText, splitDocuments } from './document-text.ts';
import type { FoundFile } from './found-files.ts';
import { type Known, type ParsedDocument, parseDocument } from './parsed-document.ts';

/** A file and the documents in it. */
export interface ManifestFile {
  readonly path: string;
  readonly stamp: string;
  /** Its stamp stands for its content: it was not written so shortly before it was read that another write could carry the same stamp. */
  readonly settled: boolean;
  readonly documents: readonly FileDocument[];
  /** Why its content can't be had; `documents` are empty then. */
  readonly error: string | null;
}

export interface FileDocument {
  readonly parsed: ParsedDocument;
  /** Of its first line in the file; 1-based. */
  readonly line: number;
}

export interface ReadOptions {
  readonly maxFileBytes: number;
  readonly nowMs: number;
  readonly known: Known;
}

/** File systems count time in steps: ext4 in 4 ms, some network ones in seconds. */
const settleMs = 2_000;

/** Hands `before` back when the content is the same, and keeps every document of it that stands in the new content too. */
export function readManifestFile(
  found: FoundFile,
  before: ManifestFile | undefined,
  options: ReadOptions,
): ManifestFile {
  const { path, stamp } = found;
  const settled = options.nowMs - found.changedMs > settleMs;
  const text = readText(found, options.maxFileBytes);
  if (typeof text !== 'string') return { path, stamp, settled, documents: [], error: text.error };
  const format = /\.json$/i.test(path) ? 'json' : 'yaml';
  const texts = format === 'json' ? [{ text, line: 1 }] : splitDocuments(text);
  const parsed = new Map(before?.documents.map((document) => [document.parsed.text, document.parsed]));
  const parse = (document: DocumentText): ParsedDocument => {
    const known = parsed.get(document.text) ?? parseDocument(detach(document.text), format, options.known);
    parsed.set(document.text, known);
    return known;
  };
  const documents = texts.map((document) => ({ parsed: parse(document), line: document.line }));
  return { path, stamp, settled, documents, error: null };
}

const byteOrderMark = '\ufeff';

/**
 * A copy. A slice would keep the whole text of the file alive, and documents live longer than that: after as many edits as there are documents
 * every version of the file would still be in memory.
 */
function detach(text: string): string {
  return Buffer.from(text).toString();
}

function readText(found: FoundFile, maxBytes: number): string | { readonly error: string } {
  if (found.stamp === '') return { error: 'is a symbolic link that leads nowhere' };
  if (found.size > maxBytes) return { error: `has ${found.size} bytes; a manifest file may have ${maxBytes}` };
  try {
    const text = readFileSync(found.absolutePath, 'utf8');
    return text.startsWith(byteOrderMark) ? text.slice(1) : text;
  } catch (error) {
    return { error: `can't be read: ${(error as Error).message}` };
  }
}
