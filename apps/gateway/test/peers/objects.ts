import { gatewayObjects } from '../process/manifests.ts';

const gatewayApi = 'gateway.networking.k8s.io/v1';

export interface RouteSpec {
  readonly hostnames?: readonly string[];
  /** Attach to this listener only. */
  readonly listener?: string;
  readonly rules: readonly object[];
}

export function httpRoute(name: string, { hostnames, listener, rules }: RouteSpec): object {
  const parent = listener === undefined ? { name: 'gw' } : { name: 'gw', sectionName: listener };
  return {
    apiVersion: gatewayApi,
    kind: 'HTTPRoute',
    metadata: { name },
    spec: { parentRefs: [parent], ...(hostnames === undefined ? {} : { hostnames }), rules },
  };
}

/** A rule for everything below `path`, to `service`. */
export function rule(path: string, service: string, more: object = {}): object {
  return { ...ruleWithout(path), backendRefs: [{ name: service, port: 80 }], ...more };
}

/** A rule that needs no backend. */
export function ruleWithout(path: string, more: object = {}): object {
  return { matches: [{ path: { type: 'PathPrefix', value: path } }], ...more };
}

export interface HttpsListenerSpec {
  readonly name: string;
  readonly port: number;
  readonly hostname?: string;
  readonly secrets: readonly string[];
}

export function httpsListener({ name, port, hostname, secrets }: HttpsListenerSpec): object {
  const tls = { certificateRefs: secrets.map((secret) => ({ name: secret })) };
  return { name, protocol: 'HTTPS', port, ...(hostname === undefined ? {} : { hostname }), tls };
}

/** A Gateway that asks clients for certificates on `port`. */
export function gatewayWithClientValidation(
  listeners: readonly object[],
  port: number,
  configMap: string,
): readonly object[] {
  const validation = { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: configMap }] };
  const [gatewayClass, gateway] = gatewayObjects(listeners) as readonly [object, { readonly spec: object }];
  const tls = { frontend: { default: {}, perPort: [{ port, tls: { validation } }] } };
  return [gatewayClass, { ...gateway, spec: { ...gateway.spec, tls } }];
}

export function caConfigMap(name: string, pem: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'ca.crt': pem } };
}
