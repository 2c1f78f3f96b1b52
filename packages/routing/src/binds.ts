import type { Gateway, ListenerSet } from '@fairlead/resources';
import { compareAge, objectKey } from './age.ts';
import { type SocketMember, socketPolicy } from './client-policy-socket.ts';
import type { CompileOptions } from './compile-options.ts';
import type { GatewayNode, ListenerNode, Lookups, PortLoss } from './graph.ts';
import { compareHostnames } from './hostnames.ts';
import { parseIp } from './ip-address.ts';
import { checkListeners, type ListenerCheck, listenerId } from './listeners.ts';
import type { TablesOf } from './reads.ts';
import type { Bind } from './table.ts';

/** `address:port`, with IPv6 in brackets. */
export function bindKey(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The IP addresses a Gateway listens on: its own, or the default for entries without a value and for Gateways without any. In a cluster its own
 * are the load balancer's.
 */
export function listenAddresses(gateway: Gateway, options: CompileOptions): readonly string[] {
  if (options.placements !== undefined) return options.defaultAddresses;
  const asked = gateway.spec.addresses ?? [];
  if (asked.length === 0) return options.defaultAddresses;
  const addresses = asked.flatMap((address) => {
    if ((address.type ?? 'IPAddress') !== 'IPAddress') return [];
    if (!address.value) return options.defaultAddresses;
    return parseIp(address.value) === null ? [] : [address.value];
  });
  return [...new Set(addresses)];
}

/**
 * Gateways may share an address and port as long as their listeners stay distinct. Where they are not, the older Gateway keeps the port and
 * the younger one's listener is told. By Gateway key; Gateways without losses are absent.
 */
export function findPortLosses(
  gateways: ReadonlyMap<string, Gateway>,
  sets: TablesOf<Lookups>['listenerSets'],
  options: CompileOptions,
): ReadonlyMap<string, readonly PortLoss[]> {
  const holders = new Map<string, Holder[]>();
  const losses = new Map<string, PortLoss[]>();
  // In a cluster each has an address of its own.
  if (options.placements !== undefined) return losses;
  for (const [key, gateway] of [...gateways].sort(([, a], [, b]) => compareAge(a.metadata, b.metadata))) {
    const allowed = (sets.get(key) ?? []).flatMap(({ set, allowed }) => (allowed ? [set] : []));
    const lost = claimPorts(gateway, allowed, options, holders);
    if (lost.length > 0) losses.set(key, lost);
  }
  return losses;
}

interface Holder {
  readonly gateway: string;
  readonly listener: string;
  readonly hostname: string;
  readonly protocol: string;
}

function claimPorts(
  gateway: Gateway,
  sets: readonly ListenerSet[],
  options: CompileOptions,
  holders: Map<string, Holder[]>,
): PortLoss[] {
  const losses: PortLoss[] = [];
  for (const { set, checks } of checkListeners(gateway, sets)) {
    for (const check of checks) {
      if (check.refused !== null || check.conflict !== null) continue;
      const keys = listenAddresses(gateway, options).map((address) => bindKey(address, check.spec.port));
      const message = claimPort(gateway, check, keys, holders);
      if (message !== null) losses.push({ listener: listenerId(gateway, set, check.spec.name), message });
    }
  }
  return losses;
}

/** Null when the listener gets the sockets `keys`, else why not. */
function claimPort(
  { metadata }: Gateway,
  { spec: { name, protocol }, hostname }: ListenerCheck,
  keys: readonly string[],
  holders: Map<string, Holder[]>,
): string | null {
  const gateway = objectKey(metadata);
  const rival = keys
    .flatMap((bind) => holders.get(bind) ?? [])
    .find((holder) => excludes(holder, gateway, hostname, protocol));
  if (rival !== undefined) {
    return `${keys.join(', ')} belongs to listener "${rival.listener}" of the older Gateway "${rival.gateway}" with ${
      rival.protocol === protocol ? 'the same hostname' : `protocol ${rival.protocol}`
    }; choose another port, address or hostname`;
  }
  for (const bind of keys) {
    const held = holders.get(bind);
    const holder = { gateway, listener: name, hostname, protocol };
    if (held === undefined) holders.set(bind, [holder]);
    else held.push(holder);
  }
  return null;
}

function excludes(holder: Holder, gateway: string, hostname: string, protocol: string): boolean {
  return holder.gateway !== gateway && (holder.protocol !== protocol || holder.hostname === hostname);
}

/** Null: nowhere yet. */
export function bindPortOf(port: number, bindPorts: GatewayNode['bindPorts']): number | null {
  return bindPorts === null ? port : (bindPorts.get(port) ?? null);
}

/** A Gateway's own listeners, then those of its ListenerSets. */
function allListeners({ listeners, sets }: Pick<GatewayNode, 'listeners' | 'sets'>): readonly ListenerNode[] {
  return sets.length === 0 ? listeners : [...listeners, ...sets.flatMap((set) => set.listeners)];
}

/** The sockets of all Gateways, by `Bind.key`. */
export function collectBinds(gateways: Iterable<GatewayNode>): ReadonlyMap<string, Bind> {
  const open = new Map<string, { address: string; port: number; members: SocketMember[] }>();
  for (const node of gateways) {
    for (const { listener } of allListeners(node)) {
      const port = listener === null ? null : bindPortOf(listener.port, node.bindPorts);
      if (listener === null || port === null) continue;
      for (const address of node.addresses) {
        const key = bindKey(address, port);
        const bind = open.get(key);
        const member = { gateway: node, listener };
        if (bind === undefined) open.set(key, { address, port, members: [member] });
        else bind.members.push(member);
      }
    }
  }
  return new Map([...open].map(([key, { address, port, members }]) => [key, toBind(key, address, port, members)]));
}

function toBind(key: string, address: string, port: number, members: readonly SocketMember[]): Bind {
  const listeners = members.map(({ listener }) => listener);
  listeners.sort((a, b) => compareHostnames(a.hostname, b.hostname) || (a.id < b.id ? -1 : 1));
  const clientPolicy = socketPolicy(members);
  return { key, address, port, secure: listeners[0]!.tls !== null, listeners, clientPolicy };
}
