import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { proxyCpu, StartedProcess, type TlsFiles } from '@fairlead/e2e';
import { subject } from '../bench.ts';
import type { Site, SiteRoute } from '../site.ts';
import type { Peer } from './peer.ts';

export const adminPort = 19_901;
const main = resolve(import.meta.dirname, '../../../apps/gateway/src/main.ts');

export const fairlead: Peer = {
  name: subject,
  async start(site, directory) {
    writeManifests(site, directory);
    const started = StartedProcess.start(proxyCpu, process.execPath, [main, 'run', ...runArguments(site, directory)], {
      FAIRLEAD_DEBUG_HOOKS: '1',
    });
    await untilReady(started);
    return started;
  },
  async reload(site, directory) {
    writeManifests(site, directory);
  },
};

function runArguments(site: Site, directory: string): readonly string[] {
  const log = site.accessLog ? join(directory, 'access.log') : 'off';
  const admin = `127.0.0.1:${adminPort}`;
  return [
    '--from',
    join(directory, 'manifests'),
    '--workers',
    String(site.workers),
    '--admin',
    admin,
    '--access-log',
    log,
    '--log-level',
    'warn',
    '--drain-grace',
    '0',
  ];
}

async function untilReady(started: StartedProcess): Promise<void> {
  await started.listening(adminPort);
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    if (response.ok) return;
    await sleep(5);
  }
  throw new Error(`fairlead does not become ready:\n${started.output}`);
}

/** One object a route, as a cluster would hold them, a hundred to a file. */
function writeManifests(site: Site, directory: string): void {
  const folder = join(directory, 'manifests');
  mkdirSync(folder, { recursive: true });
  writeList(join(folder, 'gateway.json'), [...gatewayObjects(site), ...[...site.pools].flatMap(serviceObjects)]);
  for (let at = 0; at < site.routes.length; at += routesPerFile) {
    const file = join(folder, `routes-${at / routesPerFile}.json`);
    const routes = site.routes.slice(at, at + routesPerFile);
    if (isWritten(file, routes)) continue;
    written.set(file, routes);
    writeList(
      file,
      routes.map((route, i) => httpRoute(route, at + i)),
    );
  }
}

/** What each file was made from, so that an edit costs what it costs and not what all files would. */
const written = new Map<string, readonly SiteRoute[]>();

function isWritten(file: string, routes: readonly SiteRoute[]): boolean {
  const before = written.get(file);
  return before?.length === routes.length && before.every((route, i) => route === routes[i]);
}

const routesPerFile = 100;

/** Renamed into place, so that a watcher never sees half of it, and only where something changed. */
function writeList(file: string, items: readonly object[]): void {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

const gatewayApi = 'gateway.networking.k8s.io/v1';

function gatewayObjects(site: Site): readonly object[] {
  const listener = {
    name: 'site',
    port: site.port,
    ...(site.tls === null ? { protocol: 'HTTP' } : { protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'site' }] } }),
  };
  return [
    {
      apiVersion: gatewayApi,
      kind: 'GatewayClass',
      metadata: { name: 'fairlead' },
      spec: { controllerName: 'fairlead.dev/gateway' },
    },
    {
      apiVersion: gatewayApi,
      kind: 'Gateway',
      metadata: { name: 'site' },
      spec: { gatewayClassName: 'fairlead', listeners: [listener] },
    },
    ...(site.tls === null ? [] : [secretObject(site.tls)]),
  ];
}

function secretObject(tls: TlsFiles): object {
  const stringData = { 'tls.crt': readFileSync(tls.cert, 'utf8'), 'tls.key': readFileSync(tls.key, 'utf8') };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'site' }, stringData };
}

/** A Service and one EndpointSlice for each port in use: endpoints of a slice share their ports. */
function serviceObjects([name, addresses]: readonly [string, readonly string[]]): readonly object[] {
  const slices = addresses.map((address, i) => {
    const colon = address.lastIndexOf(':');
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-${i}`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: Number(address.slice(colon + 1)) }],
      endpoints: [{ addresses: [address.slice(0, colon)] }],
    };
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ name: 'http', port: 80 }] },
  };
  return [service, ...slices];
}

function httpRoute(route: SiteRoute, index: number): object {
  const matches = [{ path: { type: 'PathPrefix', value: route.path } }];
  const backendRefs = [{ name: route.pool, port: 80 }];
  const rules = [{ matches, backendRefs, ...headerFilter(route) }];
  return {
    apiVersion: gatewayApi,
    kind: 'HTTPRoute',
    metadata: { name: `route-${index}` },
    spec: { parentRefs: [{ name: 'site' }], hostnames: [route.host], rules },
  };
}

function headerFilter({ responseHeader }: SiteRoute): object {
  if (responseHeader === undefined) return {};
  const [name, value] = responseHeader;
  const responseHeaderModifier = { set: [{ name, value }] };
  return { filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier }] };
}
