import { createHash } from 'node:crypto';
import type { Service } from '@fairlead/resources';
import { type Fleet, ownershipOf, serviceKey } from './gateway-service-names.ts';

/** Internal port of the fleet by listener port, by Gateway (`namespace/name`). */
export type PortMaps = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * Internal ports, both ends included: unprivileged, beneath those that a kernel gives out itself (32768 and up), and away from the admin port
 * and from what sidecars use.
 */
export const internalPorts: { readonly first: number; readonly last: number } = { first: 20_000, last: 29_999 };

/**
 * What the Services say: they are the only record. A port that two of them name belongs to the older; a Gateway is never served on another's
 * port. Ports out of range are no record: whoever writes to our Services opens nothing else of a pod.
 */
export function recordedPorts(services: Iterable<Service>, fleet: Fleet): PortMaps {
  const taken = new Set<number>();
  const maps = new Map<string, ReadonlyMap<number, number>>();
  for (const [gateway, service] of sortByAge(recordsOf(services, fleet))) {
    const ports = new Map<number, number>();
    for (const { port, targetPort, protocol = 'TCP' } of service.spec.ports ?? []) {
      if (protocol !== 'TCP' || typeof targetPort !== 'number' || !isInternal(targetPort)) continue;
      if (taken.has(targetPort) || ports.has(port)) continue;
      taken.add(targetPort);
      ports.set(port, targetPort);
    }
    maps.set(gateway, ports);
  }
  return maps;
}

/**
 * Gives each wanted port an internal one: that which is recorded, else a free one. `wanted`: listener ports by Gateway. What is recorded stays
 * taken even when it is not wanted any more, so that connections still on their way never meet another Gateway. A port is absent from the
 * result when there are no more.
 *
 * Where the search begins depends on Gateway and port alone: a port given back is not the next to be given out, and a Service that somebody
 * deletes most often comes back as it was.
 *
 * `hostPorts`: internal port by the listener port that every node opens for it. Only one Gateway can have that: who has it keeps it, else the
 * first by name that listens there.
 */
export function allocatePorts(
  wanted: ReadonlyMap<string, readonly number[]>,
  recorded: PortMaps,
  hostPorts: ReadonlyMap<number, number> = noHostPorts,
): PortMaps {
  const taken = new Set([...recorded.values()].flatMap((ports) => [...ports.values()]));
  const kept = new Set(hostPorts.values());
  const maps = new Map<string, ReadonlyMap<number, number>>();
  for (const [gateway, listenerPorts] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ports = new Map<number, number>();
    for (const port of listenerPorts) {
      const before = recorded.get(gateway)?.get(port) ?? null;
      const onHost = hostPorts.get(port) ?? null;
      const isFree = onHost !== null && (onHost === before || !taken.has(onHost));
      const internal = isFree ? onHost : (before ?? findFree(`${gateway} ${port}`, taken, kept));
      if (internal === null) continue;
      taken.add(internal);
      ports.set(port, internal);
    }
    maps.set(gateway, ports);
  }
  return maps;
}

const noHostPorts: ReadonlyMap<number, number> = new Map();

function* recordsOf(services: Iterable<Service>, fleet: Fleet): Iterable<readonly [string, Service]> {
  for (const service of services) {
    const owned = ownershipOf(service, fleet);
    if (owned?.role !== 'gateway') continue;
    const { namespace, name } = service.metadata;
    if (serviceKey('gateway', owned.gateway, fleet) === `${namespace}/${name}`) yield [owned.gateway, service];
  }
}

function sortByAge(records: Iterable<readonly [string, Service]>): readonly (readonly [string, Service])[] {
  const age = ({ metadata }: Service): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return [...records].sort(([, a], [, b]) => (age(a) < age(b) ? -1 : 1));
}

function findFree(seed: string, taken: ReadonlySet<number>, kept: ReadonlySet<number>): number | null {
  const { first, last } = internalPorts;
  const count = last - first + 1;
  const start = createHash('sha256').update(seed).digest().readUInt32BE() % count;
  for (let i = 0; i < count; i++) {
    const port = first + ((start + i) % count);
    if (!taken.has(port) && !kept.has(port)) return port;
  }
  return null;
}

function isInternal(port: number): boolean {
  return Number.isInteger(port) && port >= internalPorts.first && port <= internalPorts.last;
}
