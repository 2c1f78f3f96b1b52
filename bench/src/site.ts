import type { TlsFiles } from '@fairlead/e2e';

/** What a target is to serve, in nobody's words. Every target gets the same. */
export interface Site {
  readonly port: number;
  readonly tls: TlsFiles | null;
  /** What clients speak; HTTP/2 by prior knowledge, or by ALPN over TLS. */
  readonly downstream: 'http1' | 'http2';
  readonly upstream: 'http1' | 'h2c';
  /** Requests are gRPC calls; peers that have a directive of its own for them use it. */
  readonly grpc: boolean;
  readonly routes: readonly SiteRoute[];
  /** Addresses `ip:port` by name of the pool. */
  readonly pools: ReadonlyMap<string, readonly string[]>;
  /** Into a file in the target's directory. */
  readonly accessLog: boolean;
  /** Peers are told to retry once and to eject after 5 failures; we are left at our defaults. */
  readonly protect: boolean;
  /** Threads or processes that serve; peers always have one. */
  readonly workers: number;
}

/** `path` is a prefix; of a gRPC site, a slash and a service's name. */
export interface SiteRoute {
  readonly host: string;
  readonly path: string;
  readonly pool: string;
  /** Set on every response of the route. */
  readonly responseHeader?: readonly [name: string, value: string];
}

/** Everything listens at or above it on loopback; another one for a run beside a run. */
const basePort = Number(process.env.FAIRLEAD_BENCH_PORT ?? 19_000);
export const backendPort: number = basePort;
export const h2cBackendPort: number = basePort + 1;
export const grpcBackendPort: number = basePort + 2;
export const fastGrpcBackendPort: number = basePort + 3;
export const proxyPort: number = basePort + 100;
export const ownAdminPort: number = basePort + 901;
export const requestHost = 'bench.example.com';
/** Served by the last route of every site. */
export const requestPath = '/api/v1/items?limit=10';

export function simpleSite(routes: readonly SiteRoute[], options: Partial<Site> = {}): Site {
  return {
    port: proxyPort,
    tls: null,
    downstream: 'http1',
    upstream: 'http1',
    grpc: false,
    routes,
    pools: new Map([['main', [`127.0.0.1:${backendPort}`]]]),
    accessLog: true,
    protect: false,
    workers: 1,
    ...options,
  };
}

/** `count` routes, of which the last serves `requestPath`; ten paths a host, the requested host among them. */
export function spreadRoutes(count: number): readonly SiteRoute[] {
  const others = Array.from({ length: count - 1 }, (_, i) => ({
    host: `host${Math.floor(i / 10)}.example.com`,
    path: `/service${i % 10}`,
    pool: 'main',
  }));
  return [...others, { host: requestHost, path: '/api/v1', pool: 'main' }];
}

/** All on the requested host. */
export function oneHostRoutes(count: number): readonly SiteRoute[] {
  const others = Array.from({ length: count - 1 }, (_, i) => ({
    host: requestHost,
    path: `/service${i}`,
    pool: 'main',
  }));
  return [...others, { host: requestHost, path: '/api/v1', pool: 'main' }];
}
