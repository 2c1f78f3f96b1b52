import type { AdminView } from './admin-view.ts';
import { describeEndpoints } from './endpoint-facts.ts';
import type { Page, Query } from './page.ts';

/** All backends with what is known of their endpoints, or the one that `backend` names. */
export function endpointsPage(view: AdminView, query: Query): Page {
  const { backend: wanted } = query;
  if (wanted !== undefined && typeof wanted !== 'string') return { status: 400, error: 'name one backend' };
  if (wanted !== undefined && !view.table.backends.has(wanted)) {
    return { status: 404, error: `there is no backend "${wanted}"; they are named namespace/service:port` };
  }
  const ids = wanted === undefined ? [...view.table.backends.keys()].sort() : [wanted];
  const nowMs = view.nowMs();
  const backends = ids.map((backend) => ({
    backend,
    endpoints: describeEndpoints(view.endpointSets.get(backend)?.endpoints ?? [], view.stats, nowMs),
  }));
  return { body: { backends } };
}
