import { readFileSync } from 'node:fs';
import type { TlsFiles } from '../tls-files.ts';

/** Objects as a cluster would hold them, as short as they can be while staying complete. All belong to one Gateway, `site`. */
const gatewayApi = 'gateway.networking.k8s.io/v1';

export interface ListenerOptions {
  readonly name: string;
  readonly port: number;
  readonly tls: boolean;
}

export function gatewayObjects(listeners: readonly ListenerOptions[], tls: TlsFiles | null): readonly object[] {
  const gatewayClass = {
    apiVersion: gatewayApi,
    kind: 'GatewayClass',
    metadata: { name: 'fairlead' },
    spec: { controllerName: 'fairlead.dev/gateway' },
  };
  const gateway = {
    apiVersion: gatewayApi,
    kind: 'Gateway',
    metadata: { name: 'site' },
    spec: { gatewayClassName: 'fairlead', listeners: listeners.map(listenerOf) },
  };
  return [gatewayClass, gateway, ...(tls === null ? [] : [secretObject(tls)])];
}

function listenerOf({ name, port, tls }: ListenerOptions): object {
  return tls
    ? { name, port, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'site' }] } }
    : { name, port, protocol: 'HTTP' };
}

function secretObject(tls: TlsFiles): object {
  const stringData = { 'tls.crt': readFileSync(tls.cert, 'utf8'), 'tls.key': readFileSync(tls.key, 'utf8') };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'site' }, stringData };
}

export interface ServiceOptions {
  readonly name: string;
  /** `ip:port` of each endpoint. */
  readonly addresses: readonly string[];
  readonly h2c: boolean;
}

/** A Service and one EndpointSlice for each address: endpoints of a slice share their ports. */
export function serviceObjects({ name, addresses, h2c }: ServiceOptions): readonly object[] {
  const appProtocol = h2c ? { appProtocol: 'kubernetes.io/h2c' } : {};
  const slices = addresses.map((address, i) => {
    const colon = address.lastIndexOf(':');
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-${i}`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: Number(address.slice(colon + 1)), ...appProtocol }],
      endpoints: [{ addresses: [address.slice(0, colon)] }],
    };
  });
  const ports = [{ name: 'http', port: 80, ...appProtocol }];
  return [{ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports } }, ...slices];
}

/** Everything of a listener to one Service. */
export function routeObject(kind: 'HTTPRoute' | 'GRPCRoute', listener: string, service: string): object {
  const rules = [{ backendRefs: [{ name: service, port: 80 }] }];
  return {
    apiVersion: gatewayApi,
    kind,
    metadata: { name: `${listener}-to-${service}` },
    spec: { parentRefs: [{ name: 'site', sectionName: listener }], rules },
  };
}
