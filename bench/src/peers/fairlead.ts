import { join } from 'node:path';
import { gatewayObjects, proxyCpu, runGateway, serviceObjects, writeManifests } from '@fairlead/e2e';
import { subject } from '../bench.ts';
import { ownAdminPort, type Site, type SiteRoute } from '../site.ts';
import type { Peer } from './peer.ts';

export const fairlead: Peer = {
  name: subject,
  async start(site, directory) {
    writeSite(site, directory);
    return runGateway({
      directory: folderOf(directory),
      adminPort: ownAdminPort,
      cpu: proxyCpu,
      flags: flags(site, directory),
    });
  },
  async reload(site, directory) {
    writeSite(site, directory);
  },
};

function flags(site: Site, directory: string): readonly string[] {
  return ['--workers', String(site.workers), '--access-log', site.accessLog ? join(directory, 'access.log') : 'off'];
}

function folderOf(directory: string): string {
  return join(directory, 'manifests');
}

/** One object a route, as a cluster would hold them, a hundred to a file. */
function writeSite(site: Site, directory: string): void {
  const folder = folderOf(directory);
  writeOnce(folder, 'gateway.json', [...siteObjects(site), ...poolObjects(site)]);
  for (let at = 0; at < site.routes.length; at += routesPerFile) {
    const name = `routes-${at / routesPerFile}.json`;
    const file = join(folder, name);
    const routes = site.routes.slice(at, at + routesPerFile);
    if (isWritten(file, routes)) continue;
    written.set(file, routes);
    writeManifests(
      folder,
      name,
      routes.map((route, i) => (site.grpc ? grpcRoute(route, at + i) : httpRoute(route, at + i))),
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

/** Only where something changed. */
function writeOnce(folder: string, name: string, items: readonly object[]): void {
  const text = JSON.stringify(items);
  const file = join(folder, name);
  if (texts.get(file) === text) return;
  texts.set(file, text);
  writeManifests(folder, name, items);
}

const texts = new Map<string, string>();

function siteObjects({ port, tls }: Site): readonly object[] {
  return gatewayObjects([{ name: 'site', port, tls: tls !== null }], tls);
}

function poolObjects({ pools, upstream }: Site): readonly object[] {
  return [...pools].flatMap(([name, addresses]) => serviceObjects({ name, addresses, h2c: upstream === 'h2c' }));
}

const gatewayApi = 'gateway.networking.k8s.io/v1';

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

function grpcRoute(route: SiteRoute, index: number): object {
  const matches = [{ method: { service: route.path.slice(1) } }];
  return {
    apiVersion: gatewayApi,
    kind: 'GRPCRoute',
    metadata: { name: `route-${index}` },
    spec: {
      parentRefs: [{ name: 'site' }],
      hostnames: [route.host],
      rules: [{ matches, backendRefs: [{ name: route.pool, port: 80 }] }],
    },
  };
}

function headerFilter({ responseHeader }: SiteRoute): object {
  if (responseHeader === undefined) return {};
  const [name, value] = responseHeader;
  const responseHeaderModifier = { set: [{ name, value }] };
  return { filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier }] };
}
