import { eventually } from '../../cluster/cluster.ts';
import type { KubeObject } from '../../cluster/kube-object.ts';
import { httpPort } from '../objects/echo-backend.ts';
import { gatewayStatus, routeObject } from '../objects/gateway-objects.ts';
import type { SuiteContext } from '../suite.ts';
import { inParallel } from './in-parallel.ts';
import { type Site, withSite } from './site.ts';

const routes = 1_000;
const services = 100;
const parallel = 16;
const gatewayApi = 'gateway.networking.k8s.io/v1';
const limitMs = 180_000;

/** 1,000 routes over 100 Services attached and detached: when attachedRoutes is right, and how often statuses are written until then. */
export async function attachRoutes(context: SuiteContext): Promise<void> {
  await withSite(context, 'e2e-churn-attach', services, async (site) => {
    const { api } = context.cluster;
    const all = Array.from({ length: routes }, (_, i) => route(site, i));
    const writes = new StatusWrites(context, site.namespace);
    try {
      await inParallel(all, parallel, (object) => api.create(object));
      const attachedMs = await countedAs(context, site, routes);
      const { gateway, routes: routeWrites } = writes;
      await inParallel(all, parallel, (object) => api.delete(object));
      const detachedMs = await countedAs(context, site, 0);
      judge(context, { attachedMs, detachedMs, gatewayWrites: gateway, routeWrites });
    } finally {
      writes.stop();
    }
  });
}

function route({ namespace, gateway, services }: Site, i: number): KubeObject {
  const name = `route-${i}`;
  const service = services[i % services.length]!;
  return routeObject({
    kind: 'HTTPRoute',
    namespace,
    name,
    gateway,
    hostname: `${name}.example.com`,
    service,
    port: httpPort,
  });
}

/** Milliseconds from now until the listener counts that many. */
async function countedAs({ cluster }: SuiteContext, { namespace, gateway }: Site, count: number): Promise<number> {
  const startMs = performance.now();
  await eventually(`attachedRoutes to be ${count}`, limitMs, async () => {
    const { listeners } = await gatewayStatus(cluster, namespace, gateway);
    return (listeners?.[0]?.attachedRoutes ?? -1) === count;
  });
  return performance.now() - startMs;
}

/** Counts what others than this suite write on Gateways and routes: every change but a deletion's, and but the creation itself. */
class StatusWrites {
  gateway = 0;
  routes = 0;
  readonly #stop: AbortController = new AbortController();

  constructor({ cluster }: SuiteContext, namespace: string) {
    const { signal } = this.#stop;
    cluster.api.watch(
      gatewayApi,
      'Gateway',
      namespace,
      {},
      ({ type }) => {
        if (type === 'MODIFIED') this.gateway++;
      },
      signal,
    );
    cluster.api.watch(
      gatewayApi,
      'HTTPRoute',
      namespace,
      {},
      ({ type, object }) => {
        if (type === 'MODIFIED' && object.metadata.deletionTimestamp === undefined) this.routes++;
      },
      signal,
    );
  }

  stop(): void {
    this.#stop.abort();
  }
}

interface Attached {
  readonly attachedMs: number;
  readonly detachedMs: number;
  readonly gatewayWrites: number;
  readonly routeWrites: number;
}

function judge({ checks }: SuiteContext, { attachedMs, detachedMs, gatewayWrites, routeWrites }: Attached): void {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  checks.figure(`attach: ${routes} routes, ms after the last create until counted`, Math.round(attachedMs));
  checks.figure(`attach: ${routes} routes, ms after the last delete until counted`, Math.round(detachedMs));
  checks.figure('attach: writes', { gateway: gatewayWrites, routes: routeWrites });
  checks.expect('attach: attachedRoutes right ≤ 2 s after the last create', attachedMs <= 2_000, seconds(attachedMs));
  checks.expect('attach: attachedRoutes right ≤ 2 s after the last delete', detachedMs <= 2_000, seconds(detachedMs));
  checks.expect('attach: Gateway writes ≤ 50', gatewayWrites <= 50, String(gatewayWrites));
  checks.expect('attach: one write for each route', routeWrites <= routes, String(routeWrites));
}
