import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { SchemaPath } from '@fairlead/resources';
import { emptyStateAndSlices, type StateAndSlices, toStateAndSlices } from './claims-to-state.ts';
import { type FolderId, type FoundTree, findFile, findFiles, maxFiles } from './found-files.ts';
import { type ManifestFile, readManifestFile } from './manifest-file.ts';
import { type Claims, FileMerger } from './merge-files.ts';
import type { SourceLocation, SourceProblem, SourceUpdate } from './source-update.ts';

export interface FolderOptions {
  /** 16 MiB by default. */
  readonly maxFileBytes?: number;
}

const defaultMaxFileBytes = 16 * 1024 * 1024;

/** A folder of manifests as it was last read. Reads only what changed, and only when told to. */
export class ManifestFolder {
  readonly #root: string;
  readonly #maxFileBytes: number;
  readonly #merger: FileMerger;
  #files: ReadonlyMap<string, ManifestFile> = new Map();
  #claims: Claims = new Map();
  #objects: StateAndSlices = emptyStateAndSlices;
  #folderProblem: string | null = null;
  #update: SourceUpdate = { ...emptyStateAndSlices, problems: [] };

  constructor(root: string, options: FolderOptions = {}) {
    this.#root = root;
    this.#maxFileBytes = options.maxFileBytes ?? defaultMaxFileBytes;
    this.#merger = new FileMerger((path) => join(root, path));
  }

  /** The same object as long as nothing changed. */
  get update(): SourceUpdate {
    return this.#update;
  }

  /**
   * Looks at every file and reads those that changed. Without the folder all that is known stays in use.
   * `onFolder`: see `findFiles`. Null when there is no folder.
   */
  scan(onFolder?: (path: string, id: FolderId) => void): FoundTree | null {
    const tree = findFiles(this.#root, onFolder);
    this.#folderProblem = problemOf(tree);
    if (tree === null) {
      this.#finish(this.#files);
      return null;
    }
    const files = new Map<string, ManifestFile>();
    for (const path of [...tree.files.keys()].sort()) {
      const found = tree.files.get(path)!;
      const before = this.#files.get(path);
      files.set(path, before?.settled && before.stamp === found.stamp ? before : this.#read(found, before));
    }
    this.#finish(files);
    return tree;
  }

  /** Reads these files, by path relative to the folder, whether or not they look changed. False: only a scan can tell what happened. */
  readAgain(paths: Iterable<string>): boolean {
    const files = new Map(this.#files);
    for (const path of paths) {
      const found = findFile(join(this.#root, path), path);
      const before = files.get(path);
      // Gone, new, or a link: names and order of files are the scan's to find.
      if (found === null || before === undefined) return false;
      files.set(path, this.#read(found, before));
    }
    this.#finish(files);
    return true;
  }

  /** Where the field at `path` of an object in use is written. */
  locate(kind: string, namespace: string, name: string, path: SchemaPath = []): SourceLocation | null {
    const claim = this.#claims.get(namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`);
    return claim === undefined ? null : this.#merger.locate(claim, path);
  }

  #read(found: Parameters<typeof readManifestFile>[0], before: ManifestFile | undefined): ManifestFile {
    return readManifestFile(found, before, {
      maxFileBytes: this.#maxFileBytes,
      nowMs: Date.now(),
      known: (text) => this.#claims.get(text)?.object,
    });
  }

  #finish(files: ReadonlyMap<string, ManifestFile>): void {
    const { claims, problems } = this.#merger.merge(files.values(), this.#claims);
    this.#files = files;
    this.#claims = claims;
    this.#objects = toStateAndSlices(claims, this.#objects);
    const all = this.#folderProblem === null ? problems : [toProblem(this.#root, this.#folderProblem), ...problems];
    const same = isDeepStrictEqual(all, this.#update.problems);
    const { state, slices } = this.#objects;
    if (same && state === this.#update.state && slices === this.#update.slices) return;
    this.#update = { state, slices, problems: same ? this.#update.problems : all };
  }
}

function problemOf(tree: FoundTree | null): string | null {
  if (tree === null) return 'is no folder';
  return tree.truncated ? `holds more than ${maxFiles} manifest files; the rest is not read` : null;
}

function toProblem(root: string, message: string): SourceProblem {
  return { file: root, line: 1, object: '', field: '', message, severity: 'error' };
}
