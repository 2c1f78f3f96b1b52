import { type ClusterState, emptyClusterState, type KubeObject, readClientTraffic } from '@fairlead/resources';
import { parseAllDocuments } from 'yaml';
import { objectKey } from './age.ts';
import type { CompileOptions } from './compile-options.ts';

/** Manifests as tests write them: `apiVersion` is left out, `namespace` is `default` and `generation` 1 unless said otherwise. */
export function parseManifests(text: string): readonly KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

const tables: Readonly<Record<string, keyof ClusterState>> = {
  GatewayClass: 'gatewayClasses',
  Gateway: 'gateways',
  ListenerSet: 'listenerSets',
  HTTPRoute: 'httpRoutes',
  GRPCRoute: 'grpcRoutes',
  TLSRoute: 'tlsRoutes',
  TCPRoute: 'tcpRoutes',
  UDPRoute: 'udpRoutes',
  ReferenceGrant: 'referenceGrants',
  BackendTLSPolicy: 'backendTlsPolicies',
  ClientTrafficPolicy: 'clientTrafficPolicies',
  Service: 'services',
  Namespace: 'namespaces',
  Secret: 'secrets',
  ConfigMap: 'configMaps',
};

const clusterScoped: ReadonlySet<string> = new Set(['GatewayClass', 'Namespace']);

export function toState(objects: readonly KubeObject[]): ClusterState {
  const state = Object.fromEntries(
    Object.keys(emptyClusterState).map((table) => [table, new Map<string, KubeObject>()]),
  );
  for (const object of objects) {
    const table = tables[object.kind];
    if (table === undefined) throw new Error(`no table for kind ${object.kind}`);
    const complete = withDefaults(object);
    state[table]!.set(objectKey(complete.metadata), complete);
  }
  return state as unknown as ClusterState;
}

function withDefaults(object: KubeObject): KubeObject {
  const scope = clusterScoped.has(object.kind) ? {} : { namespace: 'default' };
  return deepFreeze({ ...object, metadata: { generation: 1, ...scope, ...object.metadata } });
}

/** No compile may write on its input. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

/** Certificates are written `cert <names>` with the key `key`, CA bundles `ca <name>`: X.509 is not the compiler's. */
export const testOptions: CompileOptions = {
  readClientTraffic,
  controllerName: 'fairlead.dev/gateway',
  defaultAddresses: ['127.0.0.1'],
  certificates: {
    readCertificate(certPem, keyPem) {
      const names = /^cert (.+)$/.exec(certPem)?.[1]?.split(',');
      if (names === undefined) return 'tls.crt holds no certificate';
      return keyPem === 'key' ? { names, fingerprint: `sha256 of ${certPem}` } : 'tls.key does not match tls.crt';
    },
    checkCaBundle: (pem) => (pem.startsWith('ca ') ? null : 'no certificate in it'),
  },
};
