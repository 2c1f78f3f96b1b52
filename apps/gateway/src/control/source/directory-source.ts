import { join, relative, resolve, sep } from 'node:path';
import type { SchemaPath } from '@fairlead/resources';
import { FolderWatch } from './folder-watch.ts';
import { isManifestName } from './found-files.ts';
import { ManifestFolder } from './manifest-folder.ts';
import type { SourceLocation, SourceUpdate } from './source-update.ts';

export { loadDirectory } from './load-directory.ts';
export type { SourceLocation, SourceProblem, SourceUpdate } from './source-update.ts';

export interface DirectorySourceOptions {
  /** A change is read when the folder has been quiet for this long … */
  readonly quietMs?: number;
  /** … or this long after the first change, whatever happens. */
  readonly maxWaitMs?: number;
  /** Safety net for file systems that report no changes: everything is looked at this often, or less if looking takes long. */
  readonly rescanMs?: number;
  /** The same while there is no folder. */
  readonly missingRescanMs?: number;
  readonly maxFileBytes?: number;
}

/** Looking at everything may take this share of the time. */
const maxRescanShare = 0.01;

const defaults = { quietMs: 20, maxWaitMs: 200, rescanMs: 5_000, missingRescanMs: 250 };

/** Follows a folder of manifests. */
export class DirectorySource {
  readonly #root: string;
  readonly #onUpdate: (update: SourceUpdate) => void;
  readonly #options: typeof defaults;
  readonly #folder: ManifestFolder;
  readonly #watch: FolderWatch;
  /** What to read again, relative to the root. */
  readonly #touched = new Set<string>();
  #scanNeeded = false;
  #firstEventMs = 0;
  #flushTimer: NodeJS.Timeout | null = null;
  #rescanTimer: NodeJS.Timeout | null = null;
  #closed = false;

  /** `onUpdate` is called once by `start`, then after each change. */
  constructor(dir: string, onUpdate: (update: SourceUpdate) => void, options: DirectorySourceOptions = {}) {
    this.#root = resolve(dir);
    this.#onUpdate = onUpdate;
    this.#options = { ...defaults, ...options };
    this.#folder = new ManifestFolder(dir, options);
    this.#watch = new FolderWatch(this.#root, { onEvent: (folder, name) => this.#noteEvent(folder, name) });
  }

  /** Reads the folder, calls `onUpdate`, and follows the folder until `signal` aborts. */
  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    signal.addEventListener('abort', () => this.#close(), { once: true });
    this.#scan();
    this.#onUpdate(this.#folder.update);
  }

  /** Where the field at `path` of an object in use is written, or the nearest field around it. */
  locate(kind: string, namespace: string, name: string, path: SchemaPath = []): SourceLocation | null {
    return this.#folder.locate(kind, namespace, name, path);
  }

  #noteEvent(folder: string, name: string | null): void {
    if (this.#closed || (name !== null && isEditorsOwn(name))) return;
    if (name !== null && isManifestName(name)) this.#touched.add(toPath(relative(this.#root, join(folder, name))));
    else this.#scanNeeded = true;
    const nowMs = performance.now();
    if (this.#flushTimer === null) this.#firstEventMs = nowMs;
    else clearTimeout(this.#flushTimer);
    const leftMs = this.#firstEventMs + this.#options.maxWaitMs - nowMs;
    this.#flushTimer = setTimeout(() => this.#flush(), Math.max(0, Math.min(this.#options.quietMs, leftMs)));
  }

  #flush(): void {
    this.#flushTimer = null;
    const before = this.#folder.update;
    if (this.#scanNeeded || !this.#folder.readAgain(this.#touched)) this.#scan();
    this.#touched.clear();
    if (this.#folder.update !== before) this.#onUpdate(this.#folder.update);
  }

  #scan(): void {
    this.#scanNeeded = false;
    this.#watch.ensureParent();
    const startMs = performance.now();
    const tree = this.#folder.scan((path, id) => this.#watch.ensure(resolve(path), id));
    this.#watch.retain(tree === null ? new Set() : new Set([...tree.folders.keys()].map((path) => resolve(path))));
    if (this.#rescanTimer !== null) clearTimeout(this.#rescanTimer);
    const leastMs = tree === null ? this.#options.missingRescanMs : this.#options.rescanMs;
    const afterMs = Math.max(leastMs, (performance.now() - startMs) / maxRescanShare);
    this.#rescanTimer = setTimeout(() => this.#rescan(), afterMs);
  }

  #rescan(): void {
    this.#scanNeeded = true;
    // Changes are settling: their flush will look at everything.
    if (this.#flushTimer === null) this.#flush();
  }

  #close(): void {
    this.#closed = true;
    this.#watch.close();
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    if (this.#rescanTimer !== null) clearTimeout(this.#rescanTimer);
  }
}

/** Swap and backup files come with every save; what they are about is told by an event of its own. */
function isEditorsOwn(name: string): boolean {
  return /~$|\.sw[a-z]$|^\.?#|^4913$|\.tmp$/i.test(name);
}

function toPath(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
