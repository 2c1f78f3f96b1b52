import type { FakeObject } from './fake-cluster.ts';

/** Objects as a cluster has them, good unless a test spoils them. */

export const controllerName = 'fairlead.dev/gateway';

export function gatewayClass(name: string = 'fairlead', controller: string = controllerName): FakeObject {
  return { metadata: { name }, spec: { controllerName: controller } };
}

export function gateway(name: string, listeners: readonly object[] = [httpListener], more: object = {}): FakeObject {
  return { metadata: { name, namespace: 'default' }, spec: { gatewayClassName: 'fairlead', listeners, ...more } };
}

const httpListener = { name: 'http', port: 80, protocol: 'HTTP' };

export function httpsListener(secret: string, namespace?: string): object {
  const ref = namespace === undefined ? { name: secret } : { name: secret, namespace };
  return {
    name: `https-${secret}`,
    port: 443,
    protocol: 'HTTPS',
    hostname: `${secret}.test`,
    tls: { certificateRefs: [ref] },
  };
}

export function httpRoute(name: string, backend: string = 'shop', namespace: string = 'default'): FakeObject {
  return {
    metadata: { name, namespace },
    spec: { parentRefs: [{ name: 'web' }], rules: [{ backendRefs: [{ name: backend, port: 80 }] }] },
  };
}

export function service(name: string): FakeObject {
  return { metadata: { name, namespace: 'default' }, spec: { ports: [{ port: 80, targetPort: 8080 }] } };
}

export function secret(name: string, namespace: string = 'default', value: string = 'AAAA'): FakeObject {
  return { metadata: { name, namespace }, type: 'kubernetes.io/tls', data: { 'tls.crt': value, 'tls.key': value } };
}

export function slice(name: string, serviceName: string, addresses: readonly string[]): FakeObject {
  return {
    metadata: {
      name,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': serviceName, 'endpointslice.kubernetes.io/managed-by': 'test' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: serviceName, uid: 'u', controller: true }],
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address, i) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${i % 3}`,
      zone: `zone-${i % 3}`,
      targetRef: { kind: 'Pod', namespace: 'default', name: `${serviceName}-${i}`, uid: `pod-${i}` },
    })),
  };
}
