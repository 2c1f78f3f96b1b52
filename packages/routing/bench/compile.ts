/**
 * How long compiles take on the control thread: `node packages/routing/bench/compile.ts [routes] [--json]`. The first compile, then the same
 * with one route edited, one Service edited, and nothing changed; on many hosts and with all routes on one. Medians of several runs, ms.
 */
import {
  type ClusterState,
  emptyClusterState,
  type Gateway,
  type GatewayClass,
  type HttpRoute,
  readClientTraffic,
  type Service,
} from '@fairlead/resources';
import { type CompileOptions, compile } from '../src/index.ts';

const apiVersion = 'gateway.networking.k8s.io/v1';
const runs = 21;

const options: CompileOptions = {
  controllerName: 'fairlead.dev/gateway',
  defaultAddresses: ['127.0.0.1'],
  certificates: { readCertificate: () => 'none here', checkCaBundle: () => null },
  readClientTraffic,
};

const gatewayClass: GatewayClass = {
  apiVersion,
  kind: 'GatewayClass',
  metadata: { name: 'fairlead' },
  spec: { controllerName: options.controllerName },
};

const gateway: Gateway = {
  apiVersion,
  kind: 'Gateway',
  metadata: { namespace: 'default', name: 'edge', generation: 1 },
  spec: { gatewayClassName: 'fairlead', listeners: [{ name: 'http', port: 8080, protocol: 'HTTP' }] },
};

type Shape = 'hosts' | 'one-host';

function toRoute(index: number, shape: Shape, generation: number): HttpRoute {
  return {
    apiVersion,
    kind: 'HTTPRoute',
    metadata: { namespace: 'default', name: `route-${index}`, generation, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      parentRefs: [{ name: 'edge' }],
      hostnames: [shape === 'hosts' ? `host-${index}.example.com` : 'example.com'],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: `/app-${index}/v${generation}` } }, { method: 'POST' }],
          filters: [
            { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-app', value: 'yes' }] } },
          ],
          backendRefs: [
            { name: `service-${index % 1_000}`, port: 80, weight: 9 },
            { name: `service-${(index + 1) % 1_000}`, port: 80 },
          ],
        },
        {
          matches: [{ path: { type: 'Exact', value: `/app-${index}/health` } }],
          backendRefs: [{ name: `service-${index % 1_000}`, port: 80 }],
        },
      ],
    },
  };
}

function toService(index: number, generation: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: `service-${index}`, generation },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

function toState(routes: number, shape: Shape): ClusterState {
  const indices = Array.from({ length: routes }, (_, index) => index);
  return {
    ...emptyClusterState,
    gatewayClasses: new Map([['fairlead', gatewayClass]]),
    gateways: new Map([['default/edge', gateway]]),
    services: new Map(indices.slice(0, 1_000).map((index) => [`default/service-${index}`, toService(index, 1)])),
    httpRoutes: new Map(indices.map((index) => [`default/route-${index}`, toRoute(index, shape, 1)])),
  };
}

/** Applies `edit` again and again, each time compiling on top of the last result. */
function measure(state: ClusterState, edit: (state: ClusterState, run: number) => ClusterState): number {
  let compiled = compile(state, options, null);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    state = edit(state, run + 2);
    const begin = performance.now();
    compiled = compile(state, options, compiled);
    times.push(performance.now() - begin);
  }
  return median(times);
}

function measureFirst(state: ClusterState): { readonly cold: number; readonly warm: number } {
  const times = [1, 2, 3, 4, 5].map(() => {
    const begin = performance.now();
    compile(state, options, null);
    return performance.now() - begin;
  });
  return { cold: times[0]!, warm: median(times) };
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function run(routes: number, shape: Shape): Readonly<Record<string, number>> {
  const state = toState(routes, shape);
  const first = measureFirst(state);
  return {
    first: first.cold,
    firstWarm: first.warm,
    editRoute: measure(state, (now, generation) => {
      const index = (generation * 37) % routes;
      return {
        ...now,
        httpRoutes: new Map(now.httpRoutes).set(`default/route-${index}`, toRoute(index, shape, generation)),
      };
    }),
    editService: measure(state, (now, generation) => ({
      ...now,
      services: new Map(now.services).set('default/service-7', toService(7, generation)),
    })),
    unchanged: measure(state, (now) => ({ ...now })),
  };
}

const routes = Number(process.argv.slice(2).find((argument) => /^[0-9]+$/.test(argument)) ?? 5_000);
const results = { hosts: run(routes, 'hosts'), 'one-host': run(routes, 'one-host') };
if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'compile', routes, unit: 'ms', results }));
else {
  console.log(`${routes} routes, ms`);
  console.table(
    Object.fromEntries(
      Object.entries(results).map(([shape, times]) => [
        shape,
        Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, Number(ms.toFixed(2))])),
      ]),
    ),
  );
}
