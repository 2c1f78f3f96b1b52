import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { proxyCpu, StartedProcess } from '@fairlead/e2e';
import { ensureEnvoy } from '../envoy-binary.ts';
import type { Site } from '../site.ts';
import { byHost, type Peer } from './peer.ts';

export const envoy: Peer = {
  name: 'envoy',
  async start(site, directory) {
    const file = join(directory, 'envoy.json');
    writeFileSync(file, JSON.stringify(config(site, directory)));
    const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error', '--use-dynamic-base-id'];
    const process = StartedProcess.start(proxyCpu, ensureEnvoy(console.error), args);
    await process.listening(site.port);
    return process;
  },
};

const typeUrl = 'type.googleapis.com/envoy.extensions';

function config(site: Site, directory: string): object {
  return {
    static_resources: {
      listeners: [
        {
          name: 'site',
          address: socketAddress(`127.0.0.1:${site.port}`),
          filter_chains: [
            { filters: [{ name: 'http', typed_config: connectionManager(site, directory) }], ...transportSocket(site) },
          ],
        },
      ],
      clusters: [...site.pools].map(([name, addresses]) => cluster(site, name, addresses)),
    },
  };
}

function connectionManager(site: Site, directory: string): object {
  const log = {
    name: 'file',
    typed_config: {
      '@type': `${typeUrl}.access_loggers.file.v3.FileAccessLog`,
      path: join(directory, 'access.log'),
    },
  };
  return {
    '@type': `${typeUrl}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'site',
    use_remote_address: true,
    ...(site.accessLog ? { access_log: [log] } : {}),
    route_config: { virtual_hosts: virtualHosts(site) },
    http_filters: [{ name: 'router', typed_config: { '@type': `${typeUrl}.filters.http.router.v3.Router` } }],
  };
}

function virtualHosts(site: Site): readonly object[] {
  const retry = site.protect
    ? {
        retry_policy: {
          retry_on: 'connect-failure,reset,refused-stream,gateway-error',
          num_retries: 1,
          per_try_timeout: '1s',
        },
      }
    : {};
  return [...byHost(site.routes)].map(([host, routes], i) => ({
    name: `host${i}`,
    domains: [host, `${host}:${site.port}`],
    routes: routes.map(({ path, pool }) => ({
      match: { prefix: path },
      route: { cluster: pool, timeout: '0s', ...retry },
    })),
  }));
}

function cluster(site: Site, name: string, addresses: readonly string[]): object {
  const limits = { max_connections: 8_192, max_pending_requests: 8_192, max_requests: 8_192, max_retries: 1_024 };
  const endpoints = addresses.map((address) => ({ endpoint: { address: socketAddress(address) } }));
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    lb_policy: site.protect ? 'LEAST_REQUEST' : 'ROUND_ROBIN',
    circuit_breakers: { thresholds: [limits] },
    ...(site.upstream === 'h2c' ? { typed_extension_protocol_options: http2Upstream } : {}),
    ...(site.protect
      ? {
          outlier_detection: {
            consecutive_5xx: 5,
            consecutive_gateway_failure: 5,
            base_ejection_time: '10s',
            max_ejection_percent: 50,
          },
        }
      : {}),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] },
  };
}

const protocolOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const http2Upstream = {
  [protocolOptions]: {
    '@type': `type.googleapis.com/${protocolOptions}`,
    explicit_http_config: { http2_protocol_options: {} },
  },
};

function socketAddress(address: string): object {
  const colon = address.lastIndexOf(':');
  return { socket_address: { address: address.slice(0, colon), port_value: Number(address.slice(colon + 1)) } };
}

function transportSocket(site: Site): object {
  if (site.tls === null) return {};
  const certificate = { certificate_chain: { filename: site.tls.cert }, private_key: { filename: site.tls.key } };
  const context = {
    '@type': `${typeUrl}.transport_sockets.tls.v3.DownstreamTlsContext`,
    common_tls_context: {
      tls_certificates: [certificate],
      alpn_protocols: [site.downstream === 'http2' ? 'h2' : 'http/1.1'],
    },
  };
  return { transport_socket: { name: 'tls', typed_config: context } };
}
