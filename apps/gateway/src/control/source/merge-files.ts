import { formatSchemaPath, type KubeObject, type SchemaPath, type SchemaProblem } from '@fairlead/resources';
import type { FileDocument, ManifestFile } from './manifest-file.ts';
import type { ManifestEntry, ManifestId } from './parsed-document.ts';
import { Positions } from './positions.ts';
import type { SourceLocation, SourceProblem } from './source-update.ts';

/** An object in use, and the place it is, or was last, written in. */
export interface Claim {
  readonly id: ManifestId;
  readonly object: KubeObject;
  readonly place: Place;
}

interface Place {
  /** Relative to the folder. */
  readonly file: string;
  readonly document: FileDocument;
  /** Of the object in its document. */
  readonly path: SchemaPath;
}

/** By `ManifestId.text`. */
export type Claims = ReadonlyMap<string, Claim>;

export interface Merged {
  readonly claims: Claims;
  readonly problems: readonly SourceProblem[];
}

/**
 * Which object of which file is used:
 * - An object that two files, or two documents, define is taken from the first by file name, then by line.
 * - An object that is now wrong stays in use as it was last good.
 * - While a file holds something that can't be told (no YAML, no kind, no name), the objects that came from it before and are not found in any
 *   file now stay in use.
 */
export class FileMerger {
  readonly #positions = new Positions();
  /** Lines within their documents: a problem belongs to one document's text, which never changes. */
  readonly #lines = new WeakMap<SchemaProblem, number>();
  readonly #fileName: (path: string) => string;

  /** `fileName`: how to name a file to the user. */
  constructor(fileName: (path: string) => string) {
    this.#fileName = fileName;
  }

  /** `files` in the order of their names. */
  merge(files: Iterable<ManifestFile>, before: Claims): Merged {
    const merge: Merge = { claims: new Map(), places: new Map(), uncertain: new Set(), problems: [], before };
    for (const file of files) {
      if (file.error !== null) this.#reportFile(merge, file, 1, file.error);
      for (const document of file.documents) this.#mergeDocument(merge, file, document);
    }
    for (const [text, claim] of before) {
      if (merge.uncertain.has(claim.place.file) && !merge.places.has(text)) merge.claims.set(text, claim);
    }
    return { claims: merge.claims, problems: merge.problems };
  }

  /** Where the field at `path` of the object is written; the nearest field around it when it is not. */
  locate(claim: Claim, path: SchemaPath): SourceLocation {
    const { file, document } = claim.place;
    const line = this.#positions.lineOf(document.parsed.text, [...claim.place.path, ...path]);
    return { file: this.#fileName(file), line: document.line + line - 1 };
  }

  #mergeDocument(merge: Merge, file: ManifestFile, document: FileDocument): void {
    const { syntaxError } = document.parsed;
    if (syntaxError !== null) {
      const { line, column, message } = syntaxError;
      this.#reportFile(merge, file, document.line + line - 1, `${message} (column ${column})`);
    }
    for (const entry of document.parsed.entries) {
      this.#mergeEntry(merge, entry, { file: file.path, document, path: entry.path });
    }
  }

  #mergeEntry(merge: Merge, entry: ManifestEntry, place: Place): void {
    const { id } = entry;
    if (entry.mistaken) merge.uncertain.add(place.file);
    const last = id === null ? undefined : merge.before.get(id.text);
    const suffix = entry.object === null && last !== undefined ? '; its last good version stays in use' : '';
    for (const problem of entry.problems) this.#report(merge, entry, place, problem, suffix);
    if (id === null) return;
    const first = merge.places.get(id.text);
    if (first !== undefined) this.#reportDuplicate(merge, entry, place, first);
    else merge.places.set(id.text, place);
    const object = entry.object ?? last?.object;
    if (object !== undefined && !merge.claims.has(id.text)) merge.claims.set(id.text, { id, object, place });
  }

  #reportFile(merge: Merge, file: ManifestFile, line: number, message: string): void {
    merge.uncertain.add(file.path);
    const kept = [...merge.before.values()].some((claim) => claim.place.file === file.path);
    const suffix = kept ? '; what it held before stays in use' : '';
    const name = this.#fileName(file.path);
    merge.problems.push({ file: name, line, object: '', field: '', message: message + suffix, severity: 'error' });
  }

  #reportDuplicate(merge: Merge, entry: ManifestEntry, place: Place, first: Place): void {
    const line = first.document.line + this.#positions.lineOf(first.document.parsed.text, first.path) - 1;
    const message = `is defined a second time: ${this.#fileName(first.file)}:${line} comes first and is used`;
    this.#report(merge, entry, place, { path: [], message, severity: 'error' }, '');
  }

  #report(merge: Merge, entry: ManifestEntry, place: Place, problem: SchemaProblem, suffix: string): void {
    let line = this.#lines.get(problem);
    if (line === undefined) {
      line = this.#positions.lineOf(place.document.parsed.text, [...place.path, ...problem.path]);
      this.#lines.set(problem, line);
    }
    merge.problems.push({
      file: this.#fileName(place.file),
      line: place.document.line + line - 1,
      object: entry.id?.text ?? '',
      field: formatSchemaPath(problem.path),
      message: problem.message + suffix,
      severity: problem.severity,
    });
  }
}

interface Merge {
  readonly claims: Map<string, Claim>;
  /** Where each object is written first, usable or not. */
  readonly places: Map<string, Place>;
  /** Files that may hold more than could be read. */
  readonly uncertain: Set<string>;
  readonly problems: SourceProblem[];
  readonly before: Claims;
}
