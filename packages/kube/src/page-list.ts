import type { KubeApi } from './kube-api.ts';
import { KubeApiError } from './kube-error.ts';
import { Turns } from './turns.ts';

export interface PageListOptions {
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Objects per page to begin with. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

/** A page should be parsed in a few milliseconds: 1 MB of JSON takes about 5. */
const maxPageBytes = 1_500_000;
const minPageSize = 20;

/**
 * Reads a collection page by page as it is now (no stale cache) and resolves with its resourceVersion. Pages whose objects are large get
 * fewer of them, and so do pages that a slow server does not give in time. When the server forgets where we are (410 within), everything is
 * read once more in one piece, as client-go does; `onRestart` is told.
 */
export async function listPages(
  api: KubeApi,
  path: string,
  options: PageListOptions,
  onItem: (item: unknown) => void,
  onRestart: () => void,
): Promise<string> {
  try {
    return await readPages(api, path, options, onItem);
  } catch (error) {
    if (!(error instanceof KubeApiError) || !error.isExpired) throw error;
    onRestart();
    return readPages(api, path, { ...options, pageSize: 0 }, onItem);
  }
}

async function readPages(
  api: KubeApi,
  path: string,
  { fieldSelector, labelSelector, pageSize, signal }: PageListOptions,
  onItem: (item: unknown) => void,
): Promise<string> {
  let limit = pageSize;
  let from: string | undefined;
  for (;;) {
    const query = { fieldSelector, labelSelector, limit: limit || undefined, continue: from };
    const page = await api.list(path, query, signal).catch((error: unknown) => {
      const smaller = Math.floor(limit / 4);
      if (!(error instanceof KubeApiError) || error.status !== 0 || smaller < minPageSize || signal.aborted)
        throw error;
      limit = smaller;
      return null;
    });
    if (page === null) continue;
    await readItems(page.items ?? [], onItem);
    from = page.metadata?.continue || undefined;
    if (from === undefined) return page.metadata?.resourceVersion ?? '';
    if (page.bytes > maxPageBytes) limit = Math.max(minPageSize, Math.floor(limit * (maxPageBytes / page.bytes)));
  }
}

async function readItems(items: readonly unknown[], onItem: (item: unknown) => void): Promise<void> {
  const turns = new Turns();
  for (const item of items) {
    onItem(item);
    if (turns.isOver) await turns.giveWay();
  }
}
