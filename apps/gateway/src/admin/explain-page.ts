import type { AdminView } from './admin-view.ts';
import { describeEndpoints } from './endpoint-facts.ts';
import { explainRequest } from './explain-request.ts';
import type { Page, Query } from './page.ts';

/** Where a request would go. `method` (GET by default), `url`, and `header=name: value` as often as wanted. */
export function explainPage(view: AdminView, { method = 'GET', url, header = [] }: Query): Page {
  if (typeof url !== 'string' || typeof method !== 'string') {
    return { status: 400, error: 'say which request: ?method=GET&url=http://host:port/path&header=name: value' };
  }
  const headers = typeof header === 'string' ? [header] : header;
  const nowMs = view.nowMs();
  const explanation = explainRequest(view.table, { method, url, headers }, (backend) =>
    describeEndpoints(view.endpointSets.get(backend)?.endpoints ?? [], view.stats, nowMs),
  );
  return typeof explanation === 'string' ? { status: 400, error: explanation } : { body: explanation };
}
