import { isDeepStrictEqual } from 'node:util';
import type { Gateway, ObjectMeta, Service, ServicePort } from '@fairlead/resources';
import { allocatePorts, recordedPorts } from './gateway-ports.ts';
import {
  type Fleet,
  ownAnnotations,
  ownershipOf,
  ownLabels,
  type ServiceRole,
  serviceKey,
  serviceName,
  shortHash,
} from './gateway-service-names.ts';

/** How the Services of Gateways look. */
export interface ServiceSettings {
  readonly fleet: Fleet;
  /** `cluster.local`, for most. */
  readonly clusterDomain: string;
  /** `Local` keeps the addresses of clients, `Cluster` loses nothing while pods come and go. */
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  /** Null: the cluster's default. */
  readonly loadBalancerClass: string | null;
  /** See `allocatePorts`. */
  readonly hostPorts?: ReadonlyMap<number, number>;
}

/** What is there. */
export interface ServiceView {
  /** Ours, by `namespace/name`. */
  readonly gateways: ReadonlyMap<string, Gateway>;
  /** Gateways that are neither ours nor surely somebody else's or gone (unreadable, or their class is missing): their Services stay as they are. */
  readonly undecided: ReadonlySet<string>;
  /** All, by `namespace/name`. */
  readonly services: ReadonlyMap<string, Service>;
}

/** What has to be done, in this order. Nothing when everything is as it should be. */
export interface ServicePlan {
  readonly apply: readonly ServiceManifest[];
  readonly remove: readonly Service[];
  /** What can't be had as it is, for people. */
  readonly problems: readonly ServiceProblem[];
}

interface ServiceProblem {
  /** `namespace/name` */
  readonly gateway: string;
  readonly message: string;
}

/** A Service as it is applied. */
export interface ServiceManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: ObjectMeta & { readonly ownerReferences?: readonly object[] };
  readonly spec: Service['spec'] & {
    readonly externalTrafficPolicy?: string;
    readonly ipFamilyPolicy?: string;
    readonly loadBalancerIP?: string;
    readonly loadBalancerClass?: string;
  };
}

/** Says what was applied, so that fields which are not wanted any more are noticed too. */
const appliedAnnotation = 'fairlead.dev/applied';

/** From what is there to what is to be done: depends on nothing else, so that any leader goes on where another stopped. */
export function planServices(view: ServiceView, settings: ServiceSettings): ServicePlan {
  const { fleet } = settings;
  const wanted = new Map([...view.gateways].map(([key, gateway]) => [key, listenerPorts(gateway)]));
  const ports = allocatePorts(wanted, recordedPorts(view.services.values(), fleet), settings.hostPorts);
  const problems: ServiceProblem[] = [];
  const manifests = new Map<string, ServiceManifest>();
  for (const [key, gateway] of view.gateways) {
    const mapped = ports.get(key)!;
    const missing = wanted.get(key)!.filter((port) => !mapped.has(port));
    if (missing.length > 0) {
      problems.push({ gateway: key, message: `no internal port is left for ${missing.join(', ')}` });
    }
    if (mapped.size === 0) continue;
    for (const manifest of [gatewayService(key, gateway, mapped, settings), aliasService(key, gateway, settings)]) {
      manifests.set(`${manifest.metadata.namespace}/${manifest.metadata.name}`, manifest);
    }
  }
  const foreign = [...manifests.keys()].filter((key) => isForeign(view.services.get(key), fleet));
  for (const key of foreign) {
    const gateway = manifests.get(key)!.metadata.annotations!['fairlead.dev/gateway']!;
    problems.push({ gateway, message: `Service "${key}" is not ours; it is in the way of the one for this Gateway` });
    manifests.delete(key);
  }
  return {
    apply: [...manifests].filter(([key, manifest]) => differs(manifest, view.services.get(key))).map(([, one]) => one),
    remove: [...view.services.values()].filter((service) => isLeftOver(service, manifests, view, fleet)),
    problems,
  };
}

/** Ports that the data plane has something for. Listeners may share one. */
function listenerPorts({ spec }: Gateway): readonly number[] {
  const served = spec.listeners.filter(({ protocol }) => protocol === 'HTTP' || protocol === 'HTTPS');
  return [...new Set(served.map(({ port }) => port))].sort((a, b) => a - b);
}

function gatewayService(
  key: string,
  gateway: Gateway,
  ports: ReadonlyMap<number, number>,
  settings: ServiceSettings,
): ServiceManifest {
  const { fleet, externalTrafficPolicy, loadBalancerClass } = settings;
  const address = requestedAddresses(gateway)[0];
  return stamped({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf('gateway', key, gateway, fleet),
    spec: {
      type: 'LoadBalancer',
      selector: fleet.selector,
      ports: [...ports].map(([port, targetPort]) => ({ name: `tcp-${port}`, protocol: 'TCP', port, targetPort })),
      externalTrafficPolicy,
      ipFamilyPolicy: 'PreferDualStack',
      ...(loadBalancerClass === null ? {} : { loadBalancerClass }),
      ...(address === undefined ? {} : { loadBalancerIP: address }),
    },
  });
}

/** Kubernetes itself deletes it with its Gateway, should nobody else be there to do so. */
function aliasService(key: string, gateway: Gateway, { fleet, clusterDomain }: ServiceSettings): ServiceManifest {
  const { name, uid } = gateway.metadata;
  const owner = { apiVersion: gateway.apiVersion, kind: 'Gateway', name, uid };
  return stamped({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...metadataOf('alias', key, gateway, fleet),
      ...(uid === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      type: 'ExternalName',
      externalName: `${serviceName('gateway', key)}.${fleet.namespace}.svc.${clusterDomain}`,
    },
  });
}

function metadataOf(role: ServiceRole, key: string, { spec }: Gateway, fleet: Fleet): ObjectMeta {
  const [namespace = '', name = ''] = serviceKey(role, key, fleet).split('/');
  const { labels = {}, annotations = {} } = spec.infrastructure ?? {};
  return {
    namespace,
    name,
    labels: { ...labels, ...ownLabels(role, key, fleet) },
    annotations: { ...annotations, ...ownAnnotations(key) },
  };
}

function stamped(manifest: ServiceManifest): ServiceManifest {
  const { metadata } = manifest;
  const applied = shortHash(JSON.stringify(manifest));
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [appliedAnnotation]: applied } },
  };
}

/** IP addresses that a Gateway asks for by value. */
function requestedAddresses({ spec }: Gateway): readonly string[] {
  const ips = (spec.addresses ?? []).filter(({ type = 'IPAddress' }) => type === 'IPAddress');
  return ips.flatMap(({ value }) => (value ? [value] : []));
}

function isForeign(service: Service | undefined, fleet: Fleet): boolean {
  return service !== undefined && ownershipOf(service, fleet) === null;
}

/** Something of ours that nobody wants any more. */
function isLeftOver(
  service: Service,
  wanted: ReadonlyMap<string, ServiceManifest>,
  { undecided }: ServiceView,
  fleet: Fleet,
): boolean {
  const { namespace, name, deletionTimestamp } = service.metadata;
  const owned = ownershipOf(service, fleet);
  if (owned === null || deletionTimestamp !== undefined || undecided.has(owned.gateway)) return false;
  return !wanted.has(`${namespace}/${name}`);
}

/** One that is being deleted is made anew when it is gone. */
function differs({ metadata, spec }: ServiceManifest, there: Service | undefined): boolean {
  if (there === undefined) return true;
  if (there.metadata.deletionTimestamp !== undefined) return false;
  const { ports = [], selector, ...rest } = spec;
  return !(
    includes(there.metadata.labels, metadata.labels) &&
    includes(there.metadata.annotations, metadata.annotations) &&
    includes(there.spec, rest) &&
    (selector === undefined || isDeepStrictEqual({ ...there.spec.selector }, { ...selector })) &&
    ports.every((port) => hasPort(there.spec.ports, port))
  );
}

function includes(all: object = {}, some: object = {}): boolean {
  return Object.entries(some).every(([name, value]) => (all as Record<string, unknown>)[name] === value);
}

function hasPort(ports: readonly ServicePort[] = [], wanted: ServicePort): boolean {
  return ports.some(
    ({ port, protocol = 'TCP', targetPort, name }) =>
      port === wanted.port && protocol === wanted.protocol && targetPort === wanted.targetPort && name === wanted.name,
  );
}
