import type { EndpointSlice, Service, ServicePort, SliceEndpoint, SlicePort } from '@fairlead/resources';
import { isLocalAddress, parseIp } from './ip-address.ts';
import type { Backend, Endpoint, EndpointSet } from './table.ts';

export interface EndpointOptions {
  /**
   * Whether loopback, link-local and cloud metadata addresses may be endpoints. In a cluster they would let whoever may write EndpointSlices
   * reach into the gateway's own host.
   */
  readonly allowLoopback: boolean;
  /** Told of each address left out for that reason. */
  readonly onRefused?: (address: string) => void;
}

/**
 * The endpoints of one Service port. `slices`: those of its Service. Each address:port appears once, in the order of the slices.
 * Of a dual-stack Service only the primary family counts: the other one names the same pods again.
 */
export function collectEndpoints(
  backend: Backend,
  service: Service,
  slices: readonly EndpointSlice[],
  options: EndpointOptions,
): EndpointSet {
  const port = findServicePort(service, backend.port);
  const found = new Map<string, Endpoint>();
  // The names of an ExternalName Service lead anywhere; it has no endpoints of its own.
  const usable = port === undefined || service.spec.type === 'ExternalName' ? [] : ofOneFamily(service, slices);
  for (const slice of usable) {
    const number = findPortNumber(port!, slice.ports ?? []);
    if (number === null) continue;
    for (const endpoint of slice.endpoints ?? []) addEndpoint(found, endpoint, number, options);
  }
  return { backend: backend.id, endpoints: [...found.values()] };
}

/** A number may be given to TCP and UDP both. */
function findServicePort(service: Service, number: number): ServicePort | undefined {
  return service.spec.ports?.find(({ port, protocol }) => port === number && isTcp(protocol));
}

function isTcp(protocol: string | undefined): boolean {
  return protocol === undefined || protocol === 'TCP';
}

function ofOneFamily(service: Service, slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  const addressed = slices.filter(({ addressType }) => addressType !== 'FQDN');
  const family = primaryFamily(service);
  const preferred = addressed.filter(({ addressType }) => addressType === family);
  return preferred.length > 0 ? preferred : addressed;
}

/** Null when the Service does not say: manifests written by hand name endpoints of any family once. */
function primaryFamily({ spec }: Service): string | null {
  if (spec.ipFamilies?.[0] !== undefined) return spec.ipFamilies[0];
  const bytes = spec.clusterIP === undefined ? null : parseIp(spec.clusterIP);
  if (bytes === null) return null;
  return bytes.length === 4 ? 'IPv4' : 'IPv6';
}

/**
 * Slices name their ports as the Service does. A port without a number stands for all ports; one without a name, in a manifest written by
 * hand, is meant when its number is the target's.
 */
function findPortNumber(port: ServicePort, slicePorts: readonly SlicePort[]): number | null {
  const tcp = slicePorts.filter(({ protocol }) => isTcp(protocol));
  const target = typeof port.targetPort === 'number' ? port.targetPort : port.port;
  const named = tcp.find(({ name }) => (name ?? '') === (port.name ?? ''));
  if (named !== undefined) return named.port ?? target;
  return tcp.some((slicePort) => !slicePort.name && slicePort.port === target) ? target : null;
}

function addEndpoint(found: Map<string, Endpoint>, from: SliceEndpoint, port: number, options: EndpointOptions): void {
  // "Consumers should always pick the first": all of them lead to the same pod.
  const address = from.addresses[0];
  if (address === undefined || !mayServe(from) || parseIp(address) === null) return;
  if (!options.allowLoopback && isLocalAddress(address)) {
    options.onRefused?.(address);
    return;
  }
  const key = `${address} ${port}`;
  const ready = isReady(from);
  const other = found.get(key);
  // While an endpoint moves between slices it may stand in both, not equally fresh.
  if (other === undefined || (ready && !other.ready)) found.set(key, { address, port, ready, zone: from.zone ?? '' });
}

function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready !== false && conditions?.terminating !== true;
}

/** Ready, or still serving while it terminates: then it is a last resort. */
function mayServe({ conditions }: SliceEndpoint): boolean {
  return conditions?.serving ?? conditions?.ready ?? true;
}
