import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { FolderId } from './found-files.ts';

export interface FolderWatchOptions {
  /** Something happened to `name` in `folder` (absolute), or, `name` being null, anywhere. */
  readonly onEvent: (folder: string, name: string | null) => void;
}

/**
 * One watch per folder. Not `fs.watch`'s own recursion: it does not follow symbolic links, which is how Kubernetes mounts ConfigMaps, and says
 * nothing of a folder that is replaced.
 */
export class FolderWatch {
  readonly #root: string;
  readonly #options: FolderWatchOptions;
  readonly #watches = new Map<string, Watch>();
  #parent: FSWatcher | null = null;

  constructor(root: string, options: FolderWatchOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** Watches a folder, if not yet; anew if another one stands in its place. */
  ensure(folder: string, id: FolderId): void {
    const old = this.#watches.get(folder);
    if (old?.id === id) return;
    old?.watcher.close();
    this.#watches.delete(folder);
    const watcher = this.#open(folder, (name) => {
      // A folder's own name tells that it was removed or moved, and its watch went with it.
      if (name === basename(folder)) this.#drop(folder);
      this.#options.onEvent(folder, name);
    });
    if (watcher !== null) this.#watches.set(folder, { id, watcher });
  }

  /** The root itself may come, go or be replaced: only the folder around it tells. */
  ensureParent(): void {
    const parent = dirname(this.#root);
    if (this.#parent !== null || parent === this.#root) return;
    this.#parent = this.#open(parent, (name) => {
      if (name === null || name === basename(this.#root)) this.#options.onEvent(parent, null);
    });
    this.#parent?.once('error', () => {
      this.#parent = null;
    });
  }

  /** Forgets all folders but these. */
  retain(folders: { has(folder: string): boolean }): void {
    for (const folder of this.#watches.keys()) if (!folders.has(folder)) this.#drop(folder);
  }

  close(): void {
    this.retain(new Set());
    this.#parent?.close();
    this.#parent = null;
  }

  #drop(folder: string): void {
    this.#watches.get(folder)?.watcher.close();
    this.#watches.delete(folder);
  }

  /** Null when the system refuses (gone already, out of watches): scans at intervals still find every change. */
  #open(folder: string, onName: (name: string | null) => void): FSWatcher | null {
    try {
      const watcher = watch(folder, (_, name) => onName(name));
      watcher.on('error', () => {
        this.#drop(folder);
        this.#options.onEvent(folder, null);
      });
      return watcher;
    } catch {
      return null;
    }
  }
}

interface Watch {
  readonly id: FolderId;
  readonly watcher: FSWatcher;
}
