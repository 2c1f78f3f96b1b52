import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** The manifest files and folders below a root, without their content. */
export interface FoundTree {
  /** By path relative to the root, with `/`. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** Every folder, by absolute path, the root included. */
  readonly folders: ReadonlyMap<string, FolderId>;
  /** There are more files than are read. */
  readonly truncated: boolean;
}

export interface FoundFile {
  readonly path: string;
  readonly absolutePath: string;
  /** Changes when the file is written or replaced; '' when it can't be looked at. */
  readonly stamp: string;
  readonly size: number;
  readonly changedMs: number;
}

/** Another folder under the same name has another one. */
export type FolderId = string;

const maxDepth = 16;
export const maxFiles = 50_000;

/**
 * `onFolder` is called before a folder is read, so that a watch set up in it misses nothing. Symbolic links are followed. Null when there is
 * no such root.
 */
export function findFiles(root: string, onFolder?: (path: string, id: FolderId) => void): FoundTree | null {
  const stats = tryStat(root);
  if (stats === null || !stats.isDirectory()) return null;
  const files = new Map<string, FoundFile>();
  const folders = new Map<string, FolderId>();
  let truncated = false;
  const visit = (folder: string, prefix: string, id: FolderId, above: readonly FolderId[]): void => {
    folders.set(folder, id);
    onFolder?.(folder, id);
    for (const entry of readFolder(folder)) {
      if (isHidden(entry.name)) continue;
      const path = `${prefix}${entry.name}`;
      const found = lookAt(join(folder, entry.name), path, entry);
      if (found === null) continue;
      if ('stamp' in found) {
        if (files.size < maxFiles) files.set(path, found);
        else truncated = true;
        continue;
      }
      const childId = folderId(found.folder);
      if (childId === id || above.includes(childId) || above.length >= maxDepth) continue;
      visit(join(folder, entry.name), `${path}/`, childId, [...above, id]);
    }
  };
  visit(root, '', folderId(stats), []);
  return { files, folders, truncated };
}

/** Hidden files, and what editors keep beside the file they write. */
function isHidden(name: string): boolean {
  return name.startsWith('.') || name.startsWith('#') || name.startsWith('~') || name.endsWith('~');
}

export function isManifestName(name: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(name) && !isHidden(name);
}

/** One file again, after an event. Null when it is gone or no file. */
export function findFile(absolutePath: string, path: string): FoundFile | null {
  const stats = tryStat(absolutePath);
  return stats?.isFile() ? toFound(absolutePath, path, stats) : null;
}

function readFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // Gone, or not ours to read, since it was found.
    return [];
  }
}

function lookAt(absolutePath: string, path: string, entry: Dirent): FoundFile | { readonly folder: Stats } | null {
  const manifest = isManifestName(entry.name);
  if (entry.isFile() && !manifest) return null;
  const stats = tryStat(absolutePath);
  if (stats?.isDirectory()) return { folder: stats };
  if (!manifest) return null;
  if (stats?.isFile()) return toFound(absolutePath, path, stats);
  // A link that leads nowhere, for now: the file is named here, so its objects are not given up.
  return entry.isSymbolicLink() ? { path, absolutePath, stamp: '', size: 0, changedMs: 0 } : null;
}

/** Null when there is nothing, or nothing to be seen. */
function tryStat(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function toFound(absolutePath: string, path: string, stats: Stats): FoundFile {
  const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
  return { path, absolutePath, stamp, size: stats.size, changedMs: stats.mtimeMs };
}

function folderId(stats: Stats): FolderId {
  return `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`;
}
