/** Objects for tests, as short as they can be while staying complete. */
const gatewayApi = 'gateway.networking.k8s.io/v1';

export function gatewayObjects(listeners: readonly object[]): readonly object[] {
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
      metadata: { name: 'gw' },
      spec: { gatewayClassName: 'fairlead', listeners },
    },
  ];
}

export function httpListener(port: number): object {
  return { name: 'http', protocol: 'HTTP', port };
}

export function httpsListener(port: number, secret: string): object {
  return { name: 'https', protocol: 'HTTPS', port, tls: { certificateRefs: [{ name: secret }] } };
}

export function serviceObjects(name: string, ports: readonly number[]): readonly object[] {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ name: 'http', port: 80 }] },
  };
  return [service, ...ports.map((port, i) => sliceObject(name, i, port))];
}

export function sliceObject(service: string, index: number, port: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-${index}`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port }],
    endpoints: [{ addresses: ['127.0.0.1'] }],
  };
}

export interface RouteOptions {
  readonly path?: string;
  /** Set on every response. */
  readonly header?: readonly [name: string, value: string];
}

export function routeObject(name: string, service: string, { path = '/', header }: RouteOptions = {}): object {
  const filters =
    header === undefined
      ? []
      : [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: header[0], value: header[1] }] } }];
  const rule = {
    matches: [{ path: { type: 'PathPrefix', value: path } }],
    filters,
    backendRefs: [{ name: service, port: 80 }],
  };
  return {
    apiVersion: gatewayApi,
    kind: 'HTTPRoute',
    metadata: { name },
    spec: { parentRefs: [{ name: 'gw' }], rules: [rule] },
  };
}

export function secretObject(name: string, cert: string, key: string): object {
  const stringData = { 'tls.crt': cert, 'tls.key': key };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name }, stringData };
}
