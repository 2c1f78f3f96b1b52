import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { type Fleet, type PortMaps, recordedPorts, type StoredObject, serviceKey } from '@fairlead/kube';
import type { ClusterState, GatewayAddress, Service } from '@fairlead/resources';
import type { GatewayPlacement } from '@fairlead/routing';

/** Where the Gateways of a cluster are; what did not change keeps its identity. */
export interface ClusterPlaces {
  /** Where this replica listens. */
  readonly listenOn: readonly string[];
  /** See `CompileOptions.placements`. */
  readonly placements: ReadonlyMap<string, GatewayPlacement>;
}

export interface ClusterBindsOptions {
  readonly fleet: Fleet;
  /** See `ClusterPlaces`. */
  readonly listenOn: readonly string[];
  /** Where Gateways are to be had that no load balancer has given an address. */
  readonly ownAddresses: readonly string[];
  /** Why the Gateway `namespace/name` does not serve on all replicas yet; null when it does. */
  readonly pendingOf: (gateway: string) => string | null;
}

/** Reads ports and addresses of Gateways from their Services, which are the only record of them. */
export class ClusterBinds {
  readonly #options: ClusterBindsOptions;
  #services: ClusterState['services'] | null = null;
  #ports: PortMaps = new Map();
  #places: ClusterPlaces;

  constructor(options: ClusterBindsOptions) {
    this.#options = options;
    this.#places = { listenOn: options.listenOn, placements: new Map() };
  }

  /** `observed`: the Services with their statuses, by `namespace/name`. */
  read(services: ReadonlyMap<string, Service>, observed: ReadonlyMap<string, StoredObject>): ClusterPlaces {
    const { fleet, pendingOf, ownAddresses } = this.#options;
    const own = ownAddresses.map((value) => ({ type: isIP(value) === 0 ? 'Hostname' : 'IPAddress', value }));
    if (services !== this.#services) this.#ports = recordedPorts(services.values(), fleet);
    this.#services = services;
    const placements = new Map<string, GatewayPlacement>();
    for (const [gateway, ports] of this.#ports) {
      const given = toAddresses(observed.get(serviceKey('gateway', gateway, fleet))?.status);
      const placement = {
        ports: [...ports].map(([port, bindPort]) => ({ port, bindPort })),
        addresses: given.length > 0 ? given : own,
        pending: pendingOf(gateway),
      };
      const before = this.#places.placements.get(gateway);
      placements.set(gateway, isDeepStrictEqual(before, placement) ? before! : placement);
    }
    if (!isSameMap(this.#places.placements, placements)) this.#places = { ...this.#places, placements };
    return this.#places;
  }
}

/** All addresses of a pod: IPv6 sockets take IPv4 too, but there may be no IPv6. */
export function podAddresses(
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): readonly string[] {
  const hasIpv6 = Object.values(interfaces).some((all) => all?.some(({ family }) => family === 'IPv6'));
  return [hasIpv6 ? '::' : '0.0.0.0'];
}

interface ServiceStatus {
  readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] | null };
}

interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
}

function toAddresses(status: unknown): readonly GatewayAddress[] {
  const { ingress } = (status as ServiceStatus | undefined)?.loadBalancer ?? {};
  return (ingress ?? []).flatMap(({ ip, hostname }) => {
    if (ip) return [{ type: 'IPAddress', value: ip }];
    return hostname ? [{ type: 'Hostname', value: hostname }] : [];
  });
}

function isSameMap<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): boolean {
  return before.size === now.size && [...now].every(([key, value]) => before.get(key) === value);
}
